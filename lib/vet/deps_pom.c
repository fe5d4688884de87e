#include <expat.h>
#include <string.h>

#include "lib/vet/deps_in.h"

#define DEEP 64
#define TEXT_MAX 4096

/* Both XML families: pom.xml says it in elements, .csproj and packages.config in attributes. */
struct xml {
	struct gp_deps *out;
	XML_Parser parser;
	struct gp_buf text;
	size_t depth, inside; /* inside: the depth of the open element that names one; 0: none */
	char *group, *artifact, *version, *source;
	bool doctype, deep;
	size_t line;
};

static void xml_clear(struct xml *x)
{
	XML_ParserFree(x->parser);
	gp_buf_clear(&x->text);
	gp_free(x->group);
	gp_free(x->artifact);
	gp_free(x->version);
	gp_free(x->source);
}

static const char *attribute(const char **atts, const char *name)
{
	for (; *atts; atts += 2)
		if (strcmp(*atts, name) == 0)
			return atts[1];
	return NULL;
}

static void forget(struct xml *x)
{
	char **const all[] = {&x->group, &x->artifact, &x->version, &x->source};

	for (size_t i = 0; i < GP_COUNT(all); i++) {
		gp_free(*all[i]);
		*all[i] = NULL;
	}
}

static void open_named(struct xml *x)
{
	forget(x);
	x->inside = x->depth;
	x->line = XML_GetCurrentLineNumber(x->parser);
}

static void nuget_open(struct xml *x, const char *name, const char **atts)
{
	const char *id = NULL, *version = attribute(atts, "Version"), *source;
	struct gp_dep *d;

	if (strcmp(name, "PackageReference") == 0 || strcmp(name, "PackageVersion") == 0 ||
	    strcmp(name, "GlobalPackageReference") == 0 ||
	    strcmp(name, "DotNetCliToolReference") == 0)
		id = attribute(atts, "Include");
	if (strcmp(name, "package") == 0) {
		id = attribute(atts, "id");
		version = attribute(atts, "version");
	}
	source = strcmp(name, "Exec") == 0 ? attribute(atts, "Command") : NULL;
	if (source)
		gp_deps_commands(x->out, gp_slice(source), XML_GetCurrentLineNumber(x->parser));
	if (!id)
		return;
	d = gp_dep_put(x->out, NUGET, GP_DEP_MANIFEST, id, version);
	d->line = XML_GetCurrentLineNumber(x->parser);
	/* central package management names versions of what others ask for */
	d->unlocked = strcmp(name, "PackageReference") != 0;
}

static void XMLCALL on_open(void *ctx, const char *name, const char **atts)
{
	static const char *const named[] = {"dependency", "plugin",     "extension",
	                                    "parent",     "repository", "pluginRepository"};
	struct xml *x = ctx;

	x->deep |= ++x->depth > DEEP;
	gp_buf_cut(&x->text, 0);
	nuget_open(x, name, atts);
	for (size_t i = 0; i < GP_COUNT(named); i++)
		if (strcmp(name, named[i]) == 0)
			open_named(x);
}

static void close_named(struct xml *x, const char *name)
{
	gp_auto(gp_buf) id = {0};
	struct gp_dep *d;

	x->inside = 0;
	if (gp_ends(name, "epository")) {
		if (x->source)
			gp_dep_set(
				&gp_dep_put(x->out, MAVEN, GP_DEP_INDEX, "repository", "")->source,
				gp_slice(x->source));
		return;
	}
	if (!x->artifact)
		return;
	gp_buf_fmt(&id, "%s:%s", x->group ? x->group : "org.apache.maven.plugins", x->artifact);
	d = gp_dep_put(x->out, MAVEN, GP_DEP_MANIFEST, gp_buf_text(&id), x->version);
	d->line = x->line;
	d->unlocked = true;
}

static void keep(struct xml *x, const char *name)
{
	char **field = strcmp(name, "groupId") == 0      ? &x->group
	               : strcmp(name, "artifactId") == 0 ? &x->artifact
	               : strcmp(name, "version") == 0    ? &x->version
	               : strcmp(name, "url") == 0        ? &x->source
	                                                 : NULL;

	if (field)
		gp_dep_set(field, gp_trim(gp_buf_all(&x->text)));
}

static void XMLCALL on_close(void *ctx, const char *name)
{
	struct xml *x = ctx;

	if (x->inside && x->depth == x->inside + 1)
		keep(x, name);
	/* an exclusion within a dependency names one that is not wanted */
	else if (x->inside && x->depth == x->inside)
		close_named(x, name);
	gp_buf_cut(&x->text, 0);
	x->depth--;
}

static void XMLCALL on_text(void *ctx, const char *s, int n)
{
	struct xml *x = ctx;

	gp_buf_add(&x->text, s, (size_t)n);
}

static void XMLCALL on_doctype(void *ctx, const char *name, const char *system, const char *public,
                               int internal)
{
	struct xml *x = ctx;

	(void)name, (void)system, (void)public, (void)internal;
	x->doctype = true;
	XML_StopParser(x->parser, XML_FALSE);
}

static int read_xml(struct gp_deps *out, struct gp_slice text)
{
	struct xml x = {.out = out, .parser = XML_ParserCreate(NULL), .text.max = TEXT_MAX};
	int e = 0;

	if (!x.parser)
		return gp_fail(GP_FAILED, "cannot start expat");
	XML_SetUserData(x.parser, &x);
	XML_SetElementHandler(x.parser, on_open, on_close);
	XML_SetCharacterDataHandler(x.parser, on_text);
	XML_SetStartDoctypeDeclHandler(x.parser, on_doctype);
	if (XML_Parse(x.parser, text.p, (int)text.n, 1) != XML_STATUS_OK || x.deep)
		e = gp_fail(GP_INVALID, "cannot read XML in line %lu: %s",
		            (unsigned long)XML_GetCurrentLineNumber(x.parser),
		            x.doctype ? "a DOCTYPE"
		            : x.deep  ? "too deep"
		                      : XML_ErrorString(XML_GetErrorCode(x.parser)));
	xml_clear(&x);
	return e;
}

int gp_deps_pom(struct gp_deps *out, const char *name, struct gp_slice text)
{
	(void)name;
	return read_xml(out, text);
}

/* {dependencies: {framework: {name: {type, resolved, contentHash, dependencies: {}}}}} */
static void read_lock(struct gp_deps *out, const struct cJSON *frameworks)
{
	for (struct cJSON *f = gp_json_first(frameworks); gp_json_is_object(frameworks) && f;
	     f = gp_json_next(f)) {
		for (struct cJSON *c = gp_json_first(f); gp_json_is_object(f) && c;
		     c = gp_json_next(c)) {
			const char *version = gp_json_str(c, "resolved");
			const char *type = gp_json_str(c, "type"), *name = gp_json_key(c);
			const struct cJSON *needs = gp_json_get(c, "dependencies");
			struct gp_dep *d;

			if (type && strcmp(type, "Project") == 0)
				continue;
			d = gp_dep_put(out, NUGET, GP_DEP_LOCK, name, version);
			gp_dep_digest(d, gp_json_str(c, "contentHash"));
			if (type && strcmp(type, "Direct") == 0)
				gp_dep_put(out, NUGET, GP_DEP_ECHO, name, "");
			for (struct cJSON *n = gp_json_first(needs); gp_json_is_object(needs) && n;
			     n = gp_json_next(n))
				gp_dep_need(out, NUGET, name, version, gp_json_key(n));
		}
	}
}

int gp_deps_nuget(struct gp_deps *out, const char *name, struct gp_slice text)
{
	gp_auto_json struct cJSON *j = NULL;
	int e;

	if (!gp_ends(name, ".json"))
		return read_xml(out, text);
	e = gp_json_parse(&j, text);
	if (!e)
		read_lock(out, gp_json_get(j, "dependencies"));
	return e;
}

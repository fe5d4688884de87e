#include "lib/preview/vetting.h"

#include <stdio.h>
#include <string.h>

/* Around what changed: so much is looked at too, for credentials of several lines. */
#define CONTEXT 1024

void gp_vetted_clear(struct gp_vetted *v)
{
	gp_findings_clear(&v->findings);
	gp_list_clear(&v->bases);
	gp_list_clear(&v->hidden);
	*v = (struct gp_vetted){0};
}

void gp_vetting_clear(struct gp_vetting *v)
{
	gp_secrets_free(&v->secrets);
	for (size_t i = 0; i < v->nallow; i++)
		gp_allow_clear(&v->allow[i]);
	gp_free(v->allow);
	v->allow = NULL;
	v->nallow = 0;
}

static int read_allow(struct gp_vetting *v, const char *text)
{
	struct gp_slice rest = gp_slice(text);

	while (rest.n) {
		const char *comma = memchr(rest.p, ',', rest.n);
		size_t n = comma ? (size_t)(comma - rest.p) : rest.n;
		struct gp_slice one = gp_trim((struct gp_slice){rest.p, n});
		gp_auto_str char *entry = gp_strndup(one.p, one.n);
		struct gp_allow a = {0};

		rest.p += comma ? n + 1 : n;
		rest.n -= comma ? n + 1 : n;
		if (!one.n)
			continue;
		if (gp_allow_parse(&a, entry))
			return GP_INVALID;
		v->allow = gp_realloc(v->allow, (v->nallow + 1) * sizeof(*v->allow));
		v->allow[v->nallow++] = a;
	}
	return 0;
}

int gp_vetting_open(struct gp_vetting *v, const struct gp_vet_options *o, struct gp_vetted *out)
{
	const char *secrets = gp_conf_str(o->conf, "vet.secrets");
	const char *shape = gp_conf_str(o->conf, "vet.shape");
	const char *allow = gp_conf_str(o->conf, "vet.allow");
	int e = read_allow(v, allow ? allow : "");

	v->o = o;
	v->out = out;
	v->blocks = strcmp(secrets, "block") == 0;
	v->now_s = gp_wall_s();
	v->shape = strcmp(shape, "off") != 0;
	v->shape_blocks = strcmp(shape, "block") == 0;
	v->large = (size_t)gp_conf_int(o->conf, "vet.large-file");
	v->max_lines = gp_conf_int(o->conf, "vet.max-lines");
	if (!e && strcmp(secrets, "off") != 0)
		e = gp_secrets_open(&v->secrets);
	return e;
}

/* The part of a text that its first old form has not: between common beginning and end, in lines.
 */
static struct gp_slice changed(const struct gp_vet_text *t)
{
	struct gp_slice a = t->text, b = t->nold ? t->old[0] : (struct gp_slice){0};
	size_t least = a.n < b.n ? a.n : b.n, from = 0, end = 0;

	while (from < least && a.p[from] == b.p[from])
		from++;
	while (end < least - from && a.p[a.n - 1 - end] == b.p[b.n - 1 - end])
		end++;
	while (from > 0 && a.p[from - 1] != '\n')
		from--;
	while (end > 0 && a.p[a.n - end] != '\n')
		end--;
	return (struct gp_slice){a.p + from, a.n - end - from};
}

static struct gp_slice widened(struct gp_slice text, struct gp_slice part)
{
	size_t from = (size_t)(part.p - text.p), to = from + part.n;

	from = from > CONTEXT ? from - CONTEXT : 0;
	to = text.n - to > CONTEXT ? to + CONTEXT : text.n;
	return (struct gp_slice){text.p + from, to - from};
}

static bool was_there(const struct gp_vet_text *t, struct gp_slice value)
{
	for (size_t i = 0; i < t->nold; i++)
		if (t->old[i].n && memmem(t->old[i].p, t->old[i].n, value.p, value.n))
			return true;
	return false;
}

/* What stands for rule and value where neither may be shown. */
static int fingerprint(char out[17], const char *rule, struct gp_slice value)
{
	gp_auto(gp_buf) both = {.max = value.n + 128};
	struct gp_oid id;
	int e;

	gp_buf_fmt(&both, "%s:", rule);
	gp_buf_slice(&both, value);
	e = gp_repo_hash(&id, gp_buf_all(&both));
	memcpy(out, id.hex, 16);
	out[16] = 0;
	return e;
}

static bool known(const struct gp_findings *f, const struct gp_finding *one)
{
	for (size_t i = 0; i < f->n; i++)
		if (strcmp(f->v[i].print, one->print) == 0 && strcmp(f->v[i].path, one->path) == 0)
			return true;
	return false;
}

static bool allowed(const struct gp_vetting *v, const struct gp_finding *f)
{
	for (size_t i = 0; i < v->nallow; i++)
		if (gp_allow_covers(&v->allow[i], f, v->now_s))
			return true;
	return false;
}

static size_t line_of(struct gp_slice text, const char *at)
{
	size_t line = 1;

	for (const char *p = text.p; (p = memchr(p, '\n', (size_t)(at - p))); p++)
		line++;
	return line;
}

static int keep(struct gp_vetting *v, const struct gp_vet_text *t, const struct gp_secret *s,
                struct gp_slice value)
{
	gp_auto(gp_buf) shown = {0};
	char print[17];
	struct gp_finding f = {.kind = "secret",
	                       .rule = s->rule->id,
	                       .what = s->rule->what,
	                       .commit = t->commit,
	                       .path = t->path,
	                       .line = t->name ? 0 : line_of(t->text, value.p),
	                       .print = print,
	                       .blocks = v->blocks};
	int e = fingerprint(print, s->rule->id, value);

	if (t->name)
		gp_list_addn(&v->out->hidden, value.p, value.n);
	if (e || known(&v->out->findings, &f) || allowed(v, &f))
		return e;
	gp_secret_redact(&shown, value);
	f.shown = gp_buf_text(&shown);
	gp_findings_add(&v->out->findings, &f);
	return 0;
}

int gp_vetting_text(struct gp_vetting *v, const struct gp_vet_text *t)
{
	gp_auto(gp_secret_list) l = {0};
	struct gp_slice part = changed(t), seen = widened(t->text, part);
	int e;

	if (!part.n || !v->secrets)
		return 0;
	e = gp_secrets_scan(&l, v->secrets, seen, t->path);
	v->out->bytes += seen.n;
	for (size_t i = 0; !e && i < l.n; i++) {
		struct gp_slice value = {seen.p + l.v[i].from, l.v[i].n};

		if (value.p + value.n > part.p && value.p < part.p + part.n && !was_there(t, value))
			e = keep(v, t, &l.v[i], value);
	}
	return e;
}

void gp_vetting_shape(struct gp_vetting *v, const struct gp_shape_file *f)
{
	gp_auto(gp_findings) found = {0};

	if (!v->shape)
		return;
	gp_shape_look(&found, f, v->large, v->shape_blocks);
	for (size_t i = 0; i < found.n; i++)
		if (!known(&v->out->findings, &found.v[i]) && !allowed(v, &found.v[i]))
			gp_findings_add(&v->out->findings, &found.v[i]);
}

void gp_vetting_lines(struct gp_vetting *v, long long added)
{
	char shown[80];
	const struct gp_finding f = {.kind = "shape",
	                             .rule = "max-lines",
	                             .what = "lines of code",
	                             .path = "",
	                             .shown = shown,
	                             .print = "0000000000000000",
	                             .blocks = true};

	snprintf(shown, sizeof(shown), "%lld added, %lld allowed", added, v->max_lines);
	if (added > v->max_lines)
		gp_findings_add(&v->out->findings, &f);
}

void gp_vetting_add(struct gp_vetted *out, const struct gp_vet_options *o,
                    const struct gp_finding *f)
{
	const char *allow = gp_conf_str(o->conf, "vet.allow");
	struct gp_vetting v = {.o = o, .out = out, .now_s = gp_wall_s()};

	/* an entry that cannot be read has ended the walk before */
	if (read_allow(&v, allow ? allow : "") == 0 && !known(&out->findings, f) && !allowed(&v, f))
		gp_findings_add(&out->findings, f);
	gp_vetting_clear(&v);
}

#include <ctype.h>
#include <string.h>

#include "lib/vet/deps_in.h"
#include "lib/vet/online.h"

size_t gp_osv_query(struct gp_buf *out, size_t *which, size_t n, const struct gp_dep_questions *q,
                    size_t *from)
{
	gp_auto_json struct cJSON *j = gp_json_object();
	struct cJSON *list = gp_json_array();
	size_t found = 0;

	for (; *from < q->n && found < n; (*from)++) {
		const struct gp_dep_question *one = &q->v[*from];
		struct cJSON *query, *package;
		const char *version = one->version;

		if (!*version || one->elsewhere)
			continue;
		query = gp_json_object();
		package = gp_json_object();
		/* OSV has the versions of Go without their letter */
		version += strcmp(one->ecosystem, GO) == 0 && *version == 'v';
		gp_json_put_bytes(package, "name", gp_slice(one->name));
		gp_json_put_str(package, "ecosystem", one->ecosystem);
		gp_json_put(query, "package", package);
		gp_json_put_bytes(query, "version", gp_slice(version));
		gp_json_push(list, query);
		which[found++] = *from;
	}
	gp_json_put(j, "queries", list);
	gp_json_print(out, j);
	return found;
}

static bool is_id(const char *s)
{
	size_t n = 0;

	for (; s && s[n]; n++)
		if (n == 64 || !(isalnum((unsigned char)s[n]) || strchr(".-_", s[n])))
			return false;
	return n > 0 && s[0] != '.';
}

int gp_osv_read(struct gp_slice body, size_t n, void (*fn)(void *ctx, size_t i, const char *id),
                void *ctx)
{
	gp_auto_json struct cJSON *j = NULL;
	const struct cJSON *results;
	size_t i = 0;

	if (gp_json_parse(&j, body))
		return gp_fail(GP_INVALID, "its answer cannot be read");
	results = gp_json_get(j, "results");
	if (!gp_json_is_array(results) || gp_json_count(results) != n)
		return gp_fail(GP_INVALID, "its answer is not to what was asked");
	for (const struct cJSON *r = gp_json_first(results); r; r = gp_json_next(r), i++) {
		const struct cJSON *v = gp_json_first(gp_json_get(r, "vulns"));

		if (!gp_json_is_object(r))
			return gp_fail(GP_INVALID, "its answer is not to what was asked");
		for (size_t k = 0; v && k < 20; v = gp_json_next(v), k++)
			if (is_id(gp_json_str(v, "id")))
				fn(ctx, i, gp_json_str(v, "id"));
	}
	return 0;
}

static void put_word(char *out, size_t size, const char *word, bool lower)
{
	size_t n = 0;

	for (; word && word[n] && n + 1 < size; n++) {
		unsigned char c = (unsigned char)word[n];

		if (!isalnum(c) && !strchr(".-_+", c))
			break;
		out[n] = (char)(lower ? tolower(c) : c);
	}
	out[n] = 0;
}

/* The lowest version above the one at hand that has it no more. */
static void note_fixed(struct gp_osv_advisory *out, const struct cJSON *affected,
                       const char *version)
{
	const struct cJSON *r = gp_json_first(gp_json_get(affected, "ranges"));

	for (; r; r = gp_json_next(r)) {
		const char *type = gp_json_str(r, "type");
		const struct cJSON *e = gp_json_first(gp_json_get(r, "events"));

		if (!type || strcmp(type, "GIT") == 0)
			continue;
		for (; e; e = gp_json_next(e)) {
			const char *fixed = gp_json_str(e, "fixed");

			if (fixed && strverscmp(fixed, version) > 0 &&
			    (!out->fixed[0] || strverscmp(fixed, out->fixed) < 0))
				put_word(out->fixed, sizeof(out->fixed), fixed, false);
		}
	}
}

int gp_osv_advisory(struct gp_osv_advisory *out, struct gp_slice body, const char *ecosystem,
                    const char *name, const char *version)
{
	gp_auto_json struct cJSON *j = NULL;
	const struct cJSON *a;

	*out = (struct gp_osv_advisory){.withdrawn = false};
	if (gp_json_parse(&j, body) || !gp_json_str(j, "id"))
		return gp_fail(GP_INVALID, "its advisory cannot be read");
	out->withdrawn = gp_json_str(j, "withdrawn") != NULL;
	put_word(out->severity, sizeof(out->severity),
	         gp_json_str(gp_json_get(j, "database_specific"), "severity"), true);
	version += *version == 'v';
	for (a = gp_json_first(gp_json_get(j, "affected")); a; a = gp_json_next(a)) {
		const struct cJSON *p = gp_json_get(a, "package");
		const char *of = gp_json_str(p, "ecosystem"), *called = gp_json_str(p, "name");

		if (of && called && strcmp(of, ecosystem) == 0 && strcasecmp(called, name) == 0)
			note_fixed(out, a, version);
	}
	return 0;
}

#include "lib/vet/sarif.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/json.h"

#define FOUND_MAX 10000
#define TEXT_MAX 300

static void add(struct gp_findings *out, const struct gp_finding *f)
{
	char print[17];
	struct gp_finding one = *f;
	uint64_t h = gp_hash(0, f->rule, strlen(f->rule) + 1);

	h = gp_hash(h, f->path, strlen(f->path) + 1);
	h = gp_hash(h, f->what, strlen(f->what));
	snprintf(print, sizeof(print), "%016llx", (unsigned long long)h);
	one.kind = "analysis";
	one.print = print;
	gp_findings_add(out, &one);
}

/* As the repository names it. */
static const char *relative(const char *path)
{
	static const char *const prefixes[] = {"file://", "/work/", "./"};

	for (size_t i = 0; i < GP_COUNT(prefixes); i++)
		if (gp_starts(path, prefixes[i]))
			path += strlen(prefixes[i]);
	return path;
}

/* A message on one line, cut where it becomes a document. */
static void one_line(struct gp_buf *out, struct gp_slice text)
{
	struct gp_slice t = gp_trim(text);

	for (size_t i = 0; i < t.n && out->n < TEXT_MAX; i++)
		gp_buf_chr(out, t.p[i] == '\n' || t.p[i] == '\r' || t.p[i] == '\t' ? ' ' : t.p[i]);
	while (out->n && !gp_utf8_valid(gp_buf_all(out)) && out->n > TEXT_MAX - 4)
		gp_buf_cut(out, out->n - 1);
}

/* "%XX" of a URI. */
static void unescape(struct gp_buf *out, const char *uri)
{
	for (const char *p = uri; *p; p++) {
		const char hex[3] = {p[0] == '%' ? p[1] : 0, p[0] == '%' && p[1] ? p[2] : 0, 0};

		if (isxdigit((unsigned char)hex[0]) && isxdigit((unsigned char)hex[1]) &&
		    strcmp(hex, "00") != 0) {
			gp_buf_chr(out, (char)strtol(hex, NULL, 16));
			p += 2;
		} else {
			gp_buf_chr(out, *p);
		}
	}
}

static bool counts(const struct cJSON *result, const char *level)
{
	const char *kind = gp_json_str(result, "kind");

	return strcmp(level, "none") != 0 && (!kind || strcmp(kind, "fail") == 0) &&
	       gp_json_count(gp_json_get(result, "suppressions")) == 0;
}

/* The level of a rule where its result has none (SARIF 2.1.0, 3.27.10). */
static const char *default_level(const struct cJSON *run, const struct cJSON *result)
{
	const struct cJSON *rules =
		gp_json_get(gp_json_get(gp_json_get(run, "tool"), "driver"), "rules");
	const char *id = gp_json_str(result, "ruleId"), *level;

	for (struct cJSON *r = gp_json_first(rules); r && id; r = gp_json_next(r)) {
		const char *name = gp_json_str(r, "id");

		level = gp_json_str(gp_json_get(r, "defaultConfiguration"), "level");
		if (name && level && strcmp(name, id) == 0)
			return level;
	}
	return "warning";
}

static const char *rule_of(const struct cJSON *result)
{
	const char *id = gp_json_str(result, "ruleId");

	return id ? id : gp_json_str(gp_json_get(result, "rule"), "id");
}

static void read_result(struct gp_findings *out, const struct cJSON *run,
                        const struct cJSON *result, bool blocks)
{
	const struct cJSON *place =
		gp_json_get(gp_json_first(gp_json_get(result, "locations")), "physicalLocation");
	const char *uri = gp_json_str(gp_json_get(place, "artifactLocation"), "uri");
	const char *text = gp_json_str(gp_json_get(result, "message"), "text");
	const char *level = gp_json_str(result, "level"), *rule = rule_of(result);
	long long line = gp_json_int(gp_json_get(place, "region"), "startLine", 0);
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) what = {0};

	level = level ? level : default_level(run, result);
	if (!counts(result, level))
		return;
	unescape(&path, uri ? uri : "");
	one_line(&what, gp_slice(text ? text : "no message"));
	add(out, &(struct gp_finding){.rule = rule ? rule : "no-rule",
	                              .what = gp_buf_text(&what),
	                              .path = relative(gp_buf_text(&path)),
	                              .line = line > 0 ? (size_t)line : 0,
	                              .shown = level,
	                              .blocks = blocks && strcmp(level, "note") != 0});
}

static int read_sarif(struct gp_findings *out, struct gp_slice text, bool blocks)
{
	struct cJSON *j = NULL;
	const struct cJSON *runs;
	int e = gp_json_parse(&j, text);

	runs = gp_json_get(j, "runs");
	if (!e && !gp_json_is_array(runs))
		e = gp_fail(GP_INVALID, "there are no runs in it");
	for (struct cJSON *r = gp_json_first(runs); !e && r; r = gp_json_next(r)) {
		const struct cJSON *results = gp_json_get(r, "results");

		for (struct cJSON *one = gp_json_first(results); one && !e;
		     one = gp_json_next(one)) {
			if (out->n >= FOUND_MAX)
				e = gp_fail(GP_LIMIT, "it has more than %d results", FOUND_MAX);
			else
				read_result(out, r, one, blocks);
		}
	}
	gp_json_clear(&j);
	return e ? gp_within(e, "cannot read the analyzer's SARIF") : 0;
}

/* ESLint's own JSON: files with messages, of which a severity of 2 is an error. */
static int read_eslint(struct gp_findings *out, struct gp_slice text, bool blocks)
{
	struct cJSON *j = NULL;
	int e = gp_json_parse(&j, text);

	for (struct cJSON *file = gp_json_first(j); !e && file; file = gp_json_next(file)) {
		const struct cJSON *messages = gp_json_get(file, "messages");
		const char *path = gp_json_str(file, "filePath");

		if (!path || !gp_json_is_array(messages))
			e = gp_fail(GP_INVALID, "an entry is no file with messages");
		for (struct cJSON *m = gp_json_first(messages); !e && m; m = gp_json_next(m)) {
			const char *rule = gp_json_str(m, "ruleId"),
				   *text_of = gp_json_str(m, "message");
			long long line = gp_json_int(m, "line", 0);
			bool error = gp_json_int(m, "severity", 2) > 1;
			gp_auto(gp_buf) what = {0};

			one_line(&what, gp_slice(text_of ? text_of : "no message"));
			add(out, &(struct gp_finding){.rule = rule ? rule : "no-rule",
			                              .what = gp_buf_text(&what),
			                              .path = relative(path),
			                              .line = line > 0 ? (size_t)line : 0,
			                              .shown = error ? "error" : "warning",
			                              .blocks = blocks});
			if (out->n > FOUND_MAX)
				e = gp_fail(GP_LIMIT, "it has more than %d messages", FOUND_MAX);
		}
	}
	gp_json_clear(&j);
	return e ? gp_within(e, "cannot read ESLint's JSON") : 0;
}

/* A number and the ':' after it; 0 when there is none. */
static size_t number(struct gp_slice *rest)
{
	size_t n = 0, i = 0;

	while (i < rest->n && i < 7 && isdigit((unsigned char)rest->p[i]))
		n = n * 10 + (size_t)(rest->p[i++] - '0');
	if (i == 0 || i >= rest->n || rest->p[i] != ':')
		return 0;
	rest->p += i + 1;
	rest->n -= i + 1;
	return n;
}

static const char *take_level(struct gp_slice *rest)
{
	static const char *const levels[] = {"error", "fatal error", "warning", "note",
	                                     "info",  "style",       "help",    "hint"};
	struct gp_slice t = gp_trim(*rest);

	for (size_t i = 0; i < GP_COUNT(levels); i++) {
		size_t n = strlen(levels[i]);

		if (t.n > n && strncasecmp(t.p, levels[i], n) == 0 && t.p[n] == ':') {
			*rest = gp_trim((struct gp_slice){t.p + n + 1, t.n - n - 1});
			return i < 2 ? "error" : i == 2 ? "warning" : "note";
		}
	}
	*rest = t;
	return "warning";
}

/* "[rule]" at the end, as gcc, clang-tidy, shellcheck and mypy write it. */
static struct gp_slice take_rule(struct gp_slice *message)
{
	const char *open = message->n && message->p[message->n - 1] == ']'
	                           ? memrchr(message->p, '[', message->n)
	                           : NULL;
	struct gp_slice rule = GP_SLICE("no-rule");

	if (!open || message->p + message->n - open < 3)
		return rule;
	rule = (struct gp_slice){open + 1, (size_t)(message->p + message->n - open) - 2};
	*message = gp_trim((struct gp_slice){message->p, (size_t)(open - message->p)});
	return rule;
}

static void read_line(struct gp_findings *out, struct gp_slice line, bool blocks)
{
	const char *colon = memchr(line.p, ':', line.n);
	struct gp_slice rest, rule;
	gp_auto_str char *path = NULL, *name = NULL;
	gp_auto(gp_buf) what = {0};
	const char *level;
	size_t at;

	if (!colon || colon == line.p || isspace((unsigned char)line.p[0]))
		return;
	rest = (struct gp_slice){colon + 1, line.n - (size_t)(colon + 1 - line.p)};
	at = number(&rest);
	if (!at)
		return;
	number(&rest);
	level = take_level(&rest);
	rule = take_rule(&rest);
	if (!rest.n)
		return;
	path = gp_strndup(line.p, (size_t)(colon - line.p));
	name = gp_strndup(rule.p, rule.n);
	one_line(&what, rest);
	add(out, &(struct gp_finding){.rule = name,
	                              .what = gp_buf_text(&what),
	                              .path = relative(path),
	                              .line = at,
	                              .shown = level,
	                              .blocks = blocks && strcmp(level, "note") != 0});
}

int gp_sarif_read(struct gp_findings *out, struct gp_slice text, bool blocks)
{
	struct gp_slice t = gp_trim(text), line;
	size_t first = out->n;

	if (t.n && t.p[0] == '{')
		return read_sarif(out, t, blocks);
	if (t.n && t.p[0] == '[')
		return read_eslint(out, t, blocks);
	while (gp_line(&line, &text)) {
		read_line(out, line, blocks);
		if (out->n - first > FOUND_MAX)
			return gp_fail(GP_LIMIT, "the analyzer says more than %d lines", FOUND_MAX);
	}
	return 0;
}

static int by_print(const void *a, const void *b)
{
	const struct gp_finding *const *x = a, *const *y = b;

	return strcmp((*x)->print, (*y)->print);
}

static const struct gp_finding **sorted(const struct gp_findings *f)
{
	const struct gp_finding **v = gp_alloc((f->n + 1) * sizeof(*v));

	for (size_t i = 0; i < f->n; i++)
		v[i] = &f->v[i];
	qsort(v, f->n, sizeof(*v), by_print);
	return v;
}

void gp_findings_new(struct gp_findings *out, const struct gp_findings *before,
                     const struct gp_findings *after)
{
	const struct gp_finding **a = sorted(before), **b = sorted(after);
	size_t i = 0;

	for (size_t k = 0; k < after->n; k++) {
		while (i < before->n && strcmp(a[i]->print, b[k]->print) < 0)
			i++;
		if (i < before->n && strcmp(a[i]->print, b[k]->print) == 0)
			i++;
		else
			gp_findings_add(out, b[k]);
	}
	gp_free(a);
	gp_free(b);
}

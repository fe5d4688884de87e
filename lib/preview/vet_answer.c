#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/preview/analyze.h"
#include "lib/preview/vet_deps.h"
#include "lib/preview/vet_proof.h"
#include "lib/preview/vetting.h"

/* Findings that are only worth a look: so many are named, on one line. */
#define ASIDE 3

/* A name with credentials in it has marks in their place. */
static void put_path(struct gp_buf *out, const struct gp_vetted *v, const char *path)
{
	gp_auto(gp_buf) text = {0};
	struct gp_slice rest = gp_slice(path);

	while (rest.n) {
		size_t i = 0, n = 1;

		while (i < v->hidden.n && !gp_starts(rest.p, v->hidden.v[i]))
			i++;
		if (i < v->hidden.n) {
			n = strlen(v->hidden.v[i]);
			gp_buf_fmt(&text, "%.*s...", n < 12 ? 0 : 4, rest.p);
		} else {
			gp_buf_chr(&text, *rest.p);
		}
		rest = (struct gp_slice){rest.p + n, rest.n - n};
	}
	gp_buf_visible(out, gp_buf_all(&text));
}

static void put_place(struct gp_buf *out, const struct gp_vetted *v, const struct gp_finding *f)
{
	if (f->commit)
		gp_buf_fmt(out, "%.12s ", f->commit);
	if (!*f->path)
		gp_buf_str(out, f->commit ? "commit message" : "all commits");
	put_path(out, v, f->path);
	if (f->line)
		gp_buf_fmt(out, ":%zu", f->line);
}

static void tell_event(struct gp_term *t, const struct gp_vetted *v, const struct gp_finding *f)
{
	struct cJSON *j = gp_json_object();
	gp_auto(gp_buf) path = {0};

	put_path(&path, v, f->path);
	gp_json_put_str(j, "kind", f->kind);
	gp_json_put_str(j, "rule", f->rule);
	gp_json_put_str(j, "what", f->what);
	if (f->commit)
		gp_json_put_str(j, "commit", f->commit);
	gp_json_put_bytes(j, "path", gp_buf_all(&path));
	gp_json_put_int(j, "line", (long long)f->line);
	gp_json_put_str(j, "shown", f->shown);
	gp_json_put_str(j, "fingerprint", f->print);
	gp_json_put_bool(j, "blocks", f->blocks);
	gp_term_event(t, "finding", j);
}

static void tell_one(struct gp_term *t, const struct gp_vetted *v, const struct gp_finding *f,
                     bool results)
{
	gp_auto(gp_buf) place = {0};

	put_place(&place, v, f);
	tell_event(t, v, f);
	if (results)
		gp_term_result(t, "%s: %s, %s [%s %s]", gp_buf_text(&place), f->what, f->shown,
		               f->rule, f->print);
	else
		gp_term_warn(t, "%s: %s, %s [%s %s]", gp_buf_text(&place), f->what, f->shown,
		             f->rule, f->print);
}

static void put_aside(struct gp_buf *out, struct gp_term *t, const struct gp_vetted *v,
                      const struct gp_finding *f, size_t n)
{
	tell_event(t, v, f);
	if (n >= ASIDE)
		return;
	gp_buf_str(out, n ? ", " : "");
	put_path(out, v, f->path);
	gp_buf_fmt(out, " (%s, %s)", f->what, f->shown);
}

/* What blocks nothing is told one by one where people wait for it: of a preview, and of
 * credentials. */
static bool is_told(const struct gp_vet_options *o, const struct gp_finding *f)
{
	return strcmp(f->kind, "secret") == 0 || (o->preview && strcmp(f->kind, "shape") != 0);
}

static void hint(bool secrets, bool deps)
{
	if (secrets)
		gp_hint("take it out of every commit ('git rebase -i'), and revoke what was ever "
		        "pushed; what is no credential goes into 'vet.allow', see 'man "
		        "codexflow.ini'");
	else if (deps)
		gp_hint("a dependency that is wanted goes into 'vet.allow-dependencies', any other "
		        "finding that may stay into 'vet.allow', see 'man codexflow.ini'");
	else
		gp_hint("a finding that may stay goes into 'vet.allow', see 'man codexflow.ini'");
}

enum gp_status gp_vet_answer(const struct gp_vet_options *o, const struct gp_vetted *v,
                             bool results)
{
	gp_auto(gp_buf) aside = {0};
	size_t blocking = 0, besides = 0;
	bool secrets = false, deps = false;

	for (size_t i = 0; i < v->findings.n; i++) {
		const struct gp_finding *f = &v->findings.v[i];

		blocking += f->blocks;
		secrets |= f->blocks && strcmp(f->kind, "secret") == 0;
		deps |= f->blocks && strcmp(f->kind, "dependency") == 0;
		if (results || f->blocks || is_told(o, f))
			tell_one(o->term, v, f, results);
		else
			put_aside(&aside, o->term, v, f, besides++);
	}
	if (besides)
		gp_term_warn(o->term, "worth a look: %s%s", gp_buf_text(&aside),
		             besides > ASIDE ? ", ..." : "");
	if (v->partly)
		gp_term_say(
			o->term,
			"%zu binary or very large files were looked at in their first bytes only",
			v->partly);
	gp_term_detail(o->term, "vetted %zu commits, %zu files, %zu bytes", v->commits, v->files,
	               v->bytes);
	if (!blocking)
		return GP_STATUS_OK;
	gp_fail(GP_REFUSED, "not to be pushed: %zu finding%s", blocking, blocking == 1 ? "" : "s");
	hint(secrets, deps);
	gp_term_error(o->term);
	return GP_STATUS_NO;
}

static enum gp_status failed(const struct gp_vet_options *o, int e)
{
	if (e == GP_STOPPED)
		gp_fail(e, "interrupted");
	gp_term_error(o->term);
	return e == GP_STOPPED ? GP_STATUS_STOPPED : GP_STATUS_FATAL;
}

/* What git understands by a range, as ids; a revision alone goes as far as no remote has it. */
static int read_range(struct gp_history *h, struct gp_repo *r, const char *range)
{
	const char *const argv[] = {"rev-parse", "--revs-only", "--end-of-options", range, NULL};
	gp_auto(gp_buf) out = {0};
	struct gp_slice line, rest;
	struct gp_oid commit;
	int e;

	if (!strstr(range, "..")) {
		e = gp_repo_resolve(&commit, NULL, r, range);
		if (!e)
			gp_list_add(&h->tips, commit.hex);
		h->remote = "*";
		return e;
	}
	e = gp_git(&out, r, argv, NULL);
	for (rest = gp_buf_all(&out); !e && gp_line(&line, &rest);) {
		bool hidden = line.n && line.p[0] == '^';

		gp_list_addn(hidden ? &h->hidden : &h->tips, line.p + hidden, line.n - hidden);
	}
	if (!e && !h->tips.n)
		e = gp_fail(GP_NOTFOUND, "'%s' is no range of commits", range);
	return e;
}

static struct gp_oid oid_of(const char *hex)
{
	struct gp_oid oid = {""};

	snprintf(oid.hex, sizeof(oid.hex), "%s", hex);
	return oid;
}

static bool has_finding(const struct gp_findings *all, const struct gp_finding *f)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i].print, f->print) == 0 && strcmp(all->v[i].path, f->path) == 0)
			return true;
	return false;
}

/* A tip against all it may stand on: what one of them has is not new. */
static int compare_tip(struct gp_vetted *v, const struct gp_vet_options *o,
                       const struct gp_oid *tip)
{
	gp_auto(gp_vetted) first = {0};
	int e = 0;

	for (size_t i = 0; !e && i < v->bases.n && (i == 0 || first.findings.n); i++) {
		gp_auto(gp_vetted) one = {0};
		struct gp_oid base = oid_of(v->bases.v[i]);

		e = gp_vet_dependencies(i ? &one : &first, o, &base, tip);
		for (size_t k = first.findings.n; !e && i && k-- > 0;)
			if (!has_finding(&one.findings, &first.findings.v[k]))
				gp_findings_drop(&first.findings, k);
	}
	for (size_t k = 0; !e && k < first.findings.n; k++)
		gp_vetting_add(v, o, &first.findings.v[k]);
	return e;
}

static int compare(struct gp_vetted *v, const struct gp_vet_options *o, const struct gp_history *h)
{
	int e = 0;

	for (size_t i = 0; !e && v->commits && i < h->tips.n; i++) {
		struct gp_oid tip = oid_of(h->tips.v[i]);

		e = compare_tip(v, o, &tip);
	}
	return e;
}

static int analyze(struct gp_vetted *v, const struct gp_vet_options *o, const struct gp_history *h)
{
	int e = 0;

	for (size_t i = 0; !e && v->commits && i < h->tips.n; i++) {
		struct gp_oid tip = oid_of(h->tips.v[i]);
		struct gp_oid base = oid_of(v->bases.n ? v->bases.v[0] : "");

		e = gp_analyze(v, o, &base, &tip);
	}
	return e;
}

enum gp_status gp_vet_check(const struct gp_vet_options *o, const char *range)
{
	gp_auto(gp_vetted) v = {0};
	gp_auto(gp_history) h = {.remote = NULL};
	int e = read_range(&h, o->repo, range);

	if (!e)
		e = gp_vet_history(&v, o, &h);
	if (!e)
		e = compare(&v, o, &h);
	if (!e)
		e = analyze(&v, o, &h);
	return e ? failed(o, e) : gp_vet_answer(o, &v, true);
}

enum gp_status gp_vet_scan(const struct gp_vet_options *o, struct gp_slice text, const char *path)
{
	gp_auto(gp_vetted) v = {0};
	struct gp_vetting g = {0};
	struct gp_vet_text t = {.path = path, .text = text};
	int e = gp_vetting_open(&g, o, &v);

	if (!e)
		e = gp_vetting_text(&g, &t);
	gp_vetting_clear(&g);
	return e ? failed(o, e) : gp_vet_answer(o, &v, true);
}

/* One line of a pre-push hook's input: what goes where. False when it is none. */
static bool read_push(struct gp_history *h, struct gp_slice line)
{
	struct gp_slice f[4];

	for (size_t i = 0; i < 4; i++) {
		const char *space = i < 3 ? memchr(line.p, ' ', line.n) : NULL;
		size_t n = space ? (size_t)(space - line.p) : line.n;

		if ((i < 3) != (space != NULL) || n == 0)
			return false;
		f[i] = (struct gp_slice){line.p, n};
		line.p += space ? n + 1 : n;
		line.n -= space ? n + 1 : n;
	}
	for (size_t i = 1; i < 4; i += 2) {
		size_t zeros = 0;

		for (size_t k = 0; k < f[i].n; k++) {
			if (!isdigit((unsigned char)f[i].p[k]) &&
			    !(f[i].p[k] >= 'a' && f[i].p[k] <= 'f'))
				return false;
			zeros += f[i].p[k] == '0';
		}
		if (f[i].n != 40 && f[i].n != 64)
			return false;
		if (zeros < f[i].n)
			gp_list_addn(i == 1 ? &h->tips : &h->hidden, f[i].p, f[i].n);
	}
	return true;
}

int gp_vet_read_pushes(struct gp_history *out, struct gp_slice input)
{
	struct gp_slice line, rest = input;

	for (size_t number = 1; gp_line(&line, &rest); number++)
		if (line.n && !read_push(out, line))
			return gp_fail(
				GP_INVALID,
				"line %zu of the input is not what git tells a pre-push hook",
				number);
	return 0;
}

/* The names by which others will see what is pushed; a deletion shows nothing new. */
static void list_names(struct gp_list *out, struct gp_slice input)
{
	struct gp_slice line, rest = input;

	while (gp_line(&line, &rest)) {
		const char *end = line.n ? memrchr(line.p, ' ', line.n) : NULL;
		const char *from = end ? memrchr(line.p, ' ', (size_t)(end - line.p)) : NULL;
		const char *id = from ? memchr(line.p, ' ', (size_t)(from - line.p)) : NULL;

		if (id && strspn(id + 1, "0") < (size_t)(from - id - 1))
			gp_list_addn(out, from + 1, (size_t)(end - from - 1));
	}
}

/* The lines of what goes below the preview prefix, and the others. */
static void sort_lines(struct gp_buf *previews, struct gp_buf *others,
                       const struct gp_vet_options *o, struct gp_slice input)
{
	gp_auto(gp_buf) prefix = {0};
	struct gp_slice line, rest = input;

	previews->max = others->max = input.n + 1;
	gp_buf_fmt(&prefix, " refs/heads/%s", gp_conf_str(o->conf, "preview.prefix"));
	while (gp_line(&line, &rest)) {
		struct gp_buf *to = gp_find(line, gp_buf_text(&prefix)) ? previews : others;

		gp_buf_slice(to, line);
		gp_buf_chr(to, '\n');
	}
}

static enum gp_status vet_some(const struct gp_vet_options *o, const char *remote,
                               struct gp_slice input, bool preview)
{
	gp_auto(gp_vetted) v = {0};
	gp_auto(gp_history) h = {.remote = remote};
	gp_auto(gp_list) names = {0};
	struct gp_vet_options with = *o;
	int e = gp_vet_read_pushes(&h, input);

	list_names(&names, input);
	with.names = &names;
	with.preview = preview;
	if (!e && h.tips.n)
		e = gp_vet_history(&v, &with, &h);
	if (!e)
		e = compare(&v, &with, &h);
	/* an ordinary push waits for no analyzer */
	if (!e && preview)
		e = analyze(&v, &with, &h);
	return e ? failed(o, e) : gp_vet_answer(&with, &v, false);
}

enum gp_status gp_vet_pushes(const struct gp_vet_options *o, const char *remote,
                             struct gp_slice input)
{
	gp_auto(gp_history) whole = {.remote = remote};
	gp_auto(gp_buf) previews = {0};
	gp_auto(gp_buf) others = {0};
	enum gp_status status = GP_STATUS_OK;
	int e = gp_vet_read_pushes(&whole, input);

	if (e)
		return failed(o, e);
	sort_lines(&previews, &others, o, input);
	if (others.n || !previews.n)
		status = vet_some(o, remote, gp_buf_all(&others), false);
	if (status == GP_STATUS_OK && previews.n)
		status = vet_some(o, remote, gp_buf_all(&previews), true);
	return status == GP_STATUS_OK ? gp_vet_proof(o, input) : status;
}

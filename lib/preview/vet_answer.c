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

static void put_place(struct gp_buf *out, const struct gp_finding *f)
{
	if (f->commit)
		gp_buf_fmt(out, "%.12s ", f->commit);
	if (!*f->path)
		gp_buf_str(out, f->commit ? "commit message" : "all commits");
	gp_buf_visible(out, gp_slice(f->path));
	if (f->line)
		gp_buf_fmt(out, ":%zu", f->line);
}

static void tell_event(struct gp_term *t, const struct gp_finding *f)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_str(j, "kind", f->kind);
	gp_json_put_str(j, "rule", f->rule);
	gp_json_put_str(j, "what", f->what);
	if (f->commit)
		gp_json_put_str(j, "commit", f->commit);
	gp_json_put_bytes(j, "path", gp_slice(f->path));
	gp_json_put_int(j, "line", (long long)f->line);
	gp_json_put_str(j, "shown", f->shown);
	gp_json_put_str(j, "fingerprint", f->print);
	gp_json_put_bool(j, "blocks", f->blocks);
	gp_term_event(t, "finding", j);
}

static void tell_one(struct gp_term *t, const struct gp_finding *f, bool results)
{
	gp_auto(gp_buf) place = {0};

	put_place(&place, f);
	tell_event(t, f);
	if (results)
		gp_term_result(t, "%s: %s, %s [%s %s]", gp_buf_text(&place), f->what, f->shown,
		               f->rule, f->print);
	else
		gp_term_warn(t, "%s: %s, %s [%s %s]", gp_buf_text(&place), f->what, f->shown,
		             f->rule, f->print);
}

static void put_aside(struct gp_buf *out, struct gp_term *t, const struct gp_finding *f, size_t n)
{
	tell_event(t, f);
	if (n >= ASIDE)
		return;
	gp_buf_str(out, n ? ", " : "");
	gp_buf_visible(out, gp_slice(f->path));
	gp_buf_fmt(out, " (%s, %s)", f->what, f->shown);
}

enum gp_status gp_vet_answer(const struct gp_vet_options *o, const struct gp_vetted *v,
                             bool results)
{
	gp_auto(gp_buf) aside = {0};
	size_t blocking = 0, besides = 0;

	for (size_t i = 0; i < v->findings.n; i++) {
		const struct gp_finding *f = &v->findings.v[i];

		blocking += f->blocks;
		if (results || f->blocks || strcmp(f->kind, "shape") != 0)
			tell_one(o->term, f, results);
		else
			put_aside(&aside, o->term, f, besides++);
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
	gp_hint("take it out of every commit ('git rebase -i'), and revoke what was ever pushed; "
	        "what "
	        "is no credential goes into 'vet.allow', see 'man codexflow.ini'");
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

static int compare(struct gp_vetted *v, const struct gp_vet_options *o, const struct gp_history *h)
{
	int e = 0;

	for (size_t i = 0; !e && v->commits && i < h->tips.n; i++) {
		struct gp_oid tip = {""};

		snprintf(tip.hex, sizeof(tip.hex), "%s", h->tips.v[i]);
		e = gp_vet_dependencies(v, o, &v->base, &tip);
	}
	return e;
}

static int analyze(struct gp_vetted *v, const struct gp_vet_options *o, const struct gp_history *h)
{
	int e = 0;

	for (size_t i = 0; !e && v->commits && i < h->tips.n; i++) {
		struct gp_oid tip = {""};

		snprintf(tip.hex, sizeof(tip.hex), "%s", h->tips.v[i]);
		e = gp_analyze(v, o, &v->base, &tip);
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

/* Whether all that is pushed goes below the preview prefix. */
static bool only_previews(const struct gp_vet_options *o, struct gp_slice input)
{
	gp_auto(gp_buf) prefix = {0};
	struct gp_slice line, rest = input;
	size_t n = 0;

	gp_buf_fmt(&prefix, " refs/heads/%s", gp_conf_str(o->conf, "preview.prefix"));
	while (gp_line(&line, &rest)) {
		if (line.n && !gp_find(line, gp_buf_text(&prefix)))
			return false;
		n += line.n > 0;
	}
	return n > 0;
}

enum gp_status gp_vet_pushes(const struct gp_vet_options *o, const char *remote,
                             struct gp_slice input)
{
	gp_auto(gp_vetted) v = {0};
	gp_auto(gp_history) h = {.remote = remote};
	struct gp_vet_options with = *o;
	enum gp_status status;
	int e = gp_vet_read_pushes(&h, input);

	with.preview = only_previews(o, input);
	if (!e && h.tips.n)
		e = gp_vet_history(&v, &with, &h);
	if (!e)
		e = compare(&v, &with, &h);
	/* an ordinary push waits for no analyzer */
	if (!e && with.preview)
		e = analyze(&v, &with, &h);
	if (e)
		return failed(o, e);
	status = gp_vet_answer(o, &v, false);
	return status == GP_STATUS_OK ? gp_vet_proof(o, input) : status;
}

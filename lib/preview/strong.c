#include "lib/preview/strong.h"

#include <ctype.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "lib/base/json.h"

#define SPOTS 10 /* told of at the end */
#define TEXT_MAX ((size_t)16 << 20)

static bool is_off(const struct gp_preview *p)
{
	return strcmp(gp_conf_str(p->o->conf, "preview.strength"), "off") == 0;
}

bool gp_strong_required(const struct gp_preview *p)
{
	return strcmp(gp_conf_str(p->o->conf, "preview.strength"), "require") == 0;
}

static size_t cores(void)
{
	int n = get_nprocs();

	return n > 1 ? (size_t)n : 1;
}

static void on_progress(void *ctx, size_t over, size_t all)
{
	struct gp_preview *p = ctx;

	if (p->settling)
		gp_term_update(p->o->term, "strength", "%zu of %zu pieces taken away", over, all);
}

static void conclude(struct gp_preview *p);

static void on_measured(void *ctx, struct gp_strength *s)
{
	struct gp_preview *p = ctx;

	p->measure = NULL;
	gp_strength_clear(&p->strength);
	p->strength = *s;
	*s = (struct gp_strength){0};
	p->measured = true;
	if (p->settling)
		conclude(p);
}

void gp_strong_start(struct gp_preview *p)
{
	gp_auto(gp_buf) command = {0};
	const struct gp_measure_spec spec = {
		.repo = p->o->repo,
		.bench = p->bench,
		.loop = p->loop,
		.before = &p->test.tree,
		.changes = &p->full.changes,
		.tests = &p->test.changes,
		.command = p->green_result.command,
		.green = &p->green_result,
		.box_ms = (long)gp_conf_int(p->o->conf, "preview.strength-time") * 1000,
		/* the suite runs beside it */
		.cores = cores() > 1 ? cores() - 1 : 1,
		.progress = on_progress,
		.ctx = p,
	};

	gp_strong_drop(p);
	if (is_off(p))
		return;
	if (gp_measure_start(&p->measure, &spec, on_measured)) {
		gp_term_warn(p->o->term, "the test's strength cannot be measured: %s",
		             gp_message());
		p->measure = NULL;
	}
}

void gp_strong_drop(struct gp_preview *p)
{
	gp_measure_stop(&p->measure, NULL);
	gp_strength_clear(&p->strength);
	p->measured = p->settling = false;
}

void gp_strong_settle(struct gp_preview *p)
{
	p->settling = true;
	p->settled_at = gp_now_ms();
	if (!p->measure) {
		conclude(p);
		return;
	}
	gp_term_begin(p->o->term, "strength", "taking the change away, piece by piece");
	gp_measure_widen(p->measure, cores());
}

void gp_strong_cut(struct gp_preview *p)
{
	gp_measure_stop(&p->measure, &p->strength);
	p->measured = true;
	p->sharpened = true; /* nobody is asked for more */
	conclude(p);
}

static void tell(struct gp_preview *p)
{
	const struct gp_strength *s = &p->strength;
	gp_auto(gp_buf) words = {0};
	struct cJSON *j, *list;

	gp_strong_words(&words, p);
	if (!p->measured)
		return;
	gp_term_end(p->o->term, "strength",
	            s->unnoticed.n || !gp_strength_known(s) ? GP_MARK_WARN : GP_MARK_OK, "%s",
	            gp_buf_text(&words));
	j = gp_strength_json(s);
	if (!s->unnoticed.n) {
		list = gp_json_detach(j, "unnoticed");
		gp_json_clear(&list);
	}
	if (!s->survived.n) {
		list = gp_json_detach(j, "survived");
		gp_json_clear(&list);
	}
	gp_term_event(p->o->term, "strength", j);
}

static void conclude(struct gp_preview *p)
{
	p->settling = false;
	p->strength_ms += (long)(gp_now_ms() - p->settled_at);
	tell(p);
	if (gp_sharp_ask(p))
		return;
	gp_judged_proven(p);
}

void gp_strong_words(struct gp_buf *out, const struct gp_preview *p)
{
	if (is_off(p))
		gp_buf_str(out, "not measured (preview.strength = off)");
	else if (!p->measured)
		gp_buf_str(out, "not measured");
	else
		gp_strength_words(out, &p->strength);
}

struct cJSON *gp_strong_record(struct gp_preview *p)
{
	struct cJSON *j;

	if (!p->measured)
		return gp_json_string("not measured");
	j = gp_strength_json(&p->strength);
	gp_json_put_bool(j, "asserted", gp_strong_asserts(p));
	return j;
}

bool gp_strong_asserts(struct gp_preview *p)
{
	return p->measured && gp_strength_asserts(&p->strength, &p->base_result.report);
}

static void list_spots(struct gp_list *out, const struct gp_spots *spots, const char *what)
{
	for (size_t i = 0; i < spots->n && i < SPOTS; i++) {
		gp_auto(gp_buf) text = {0};

		gp_spot_text(&text, &spots->v[i]);
		if (spots->v[i].what)
			gp_buf_fmt(&text, " (%s)", spots->v[i].what);
		gp_list_fmt(out, "%s %s", what, gp_buf_text(&text));
	}
	if (spots->n > SPOTS)
		gp_list_fmt(out, "%s %zu more places", what, spots->n - SPOTS);
}

void gp_strong_weigh(struct gp_preview *p)
{
	bool required = gp_strong_required(p);
	struct gp_list *hard = required ? &p->weak : &p->loose;

	gp_list_clear(&p->loose);
	if (!p->measured || !gp_strength_known(&p->strength)) {
		gp_list_add(hard, "how strong the test is");
		return;
	}
	list_spots(hard, &p->strength.unnoticed, "no test notices the absence of");
	list_spots(&p->loose, &p->strength.survived, "no test notices a change of");
	if (p->strength.left)
		gp_list_fmt(hard, "%zu of %zu hunks were not tried in time", p->strength.left,
		            p->strength.hunks);
}

/* Times the name stands in text as a word. */
static size_t count(struct gp_slice text, struct gp_slice name)
{
	size_t n = 0;

	for (size_t i = 0; name.n && i + name.n <= text.n; i++) {
		const char *at = text.p + i;
		bool left = i == 0 || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
		bool right = i + name.n == text.n ||
		             !(isalnum((unsigned char)at[name.n]) || at[name.n] == '_');

		n += left && right && memcmp(at, name.p, name.n) == 0;
	}
	return n;
}

/* The name itself: without arguments, and what it is looked up in. */
static struct gp_slice tail_of(const char *symbol)
{
	struct gp_slice s = {symbol, strcspn(symbol, "(<")};
	size_t from;

	while (s.n && !(isalnum((unsigned char)s.p[s.n - 1]) || s.p[s.n - 1] == '_'))
		s.n--;
	for (from = s.n; from && (isalnum((unsigned char)s.p[from - 1]) || s.p[from - 1] == '_');)
		from--;
	return (struct gp_slice){s.p + from, s.n - from};
}

/* A module or header goes by the name of its file. */
static bool is_file_of(const char *path, const char *symbol, struct gp_slice tail)
{
	const char *slash = strrchr(symbol, '/');

	return count(gp_slice(path), tail) > 0 || gp_ends(path, slash ? slash + 1 : symbol);
}

bool gp_strong_adds(struct gp_preview *p, const char *symbol)
{
	const struct gp_changes *c = &p->full.changes;
	struct gp_slice tail = tail_of(symbol);

	if (!tail.n)
		return true;
	for (size_t i = 0; i < c->n; i++) {
		gp_auto(gp_buf) old = {0};

		if (c->v[i].mode == 0)
			continue;
		if (gp_repo_read(&old, NULL, p->o->repo, &p->test.tree, c->v[i].path, TEXT_MAX) &&
		    is_file_of(c->v[i].path, symbol, tail))
			return true;
		if (count(gp_buf_all(&c->v[i].content), tail) > count(gp_buf_all(&old), tail))
			return true;
	}
	return false;
}

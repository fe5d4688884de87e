#include "lib/preview/listing.h"

#include <string.h>

#include "lib/base/glob.h"
#include "lib/base/json.h"
#include "lib/base/term_text.h"
#include "lib/preview/branches.h"
#include "lib/preview/kept.h"
#include "lib/preview/record.h"

enum { NAME, ID, OUTCOME, AGE, STATE, COST, FIELDS };

#define AHEAD_MAX 1000
#define NAME_LEAST 12 /* columns that a name is cut to at most */

struct row {
	char *field[FIELDS];
};

struct table {
	const struct gp_listing_options *o;
	struct row *v;
	size_t n, runs;
};

static void table_clear(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		for (int f = 0; f < FIELDS; f++)
			gp_free(t->v[i].field[f]);
	gp_free(t->v);
}

static bool is_asked_for(const struct table *t, const char *name, const char *short_name,
                         const char *id)
{
	const char *const *p = t->o->names;

	for (; *p; p++)
		if ((name && gp_glob_match(*p, name)) ||
		    (short_name && gp_glob_match(*p, short_name)) || gp_glob_match(*p, id))
			return true;
	return p == t->o->names;
}

/* "5 min", "3 h", "12 d" */
static void age_text(struct gp_buf *out, long long when)
{
	long long s = gp_wall_s() - when;

	if (s < 60)
		gp_buf_str(out, "now");
	else if (s < 3600)
		gp_buf_fmt(out, "%lld min", s / 60);
	else if (s < 48 * 3600)
		gp_buf_fmt(out, "%lld h", s / 3600);
	else
		gp_buf_fmt(out, "%lld d", s / 86400);
}

static void add_row(struct table *t, const char *const fields[FIELDS])
{
	struct row *r;

	t->v = gp_realloc(t->v, (t->n + 1) * sizeof(*t->v));
	r = &t->v[t->n++];
	for (int f = 0; f < FIELDS; f++) {
		gp_auto(gp_buf) line = {0};

		gp_term_one_line(&line, gp_slice(fields[f]));
		r->field[f] = gp_buf_take(&line);
	}
}

/* Its own record; one that has to be looked for among all notes is worth no list's time. */
static struct cJSON *find_record(struct gp_branch *b, const struct gp_oid *tree)
{
	const struct gp_oid *const on[] = {&b->oid, tree};

	for (size_t i = 0; i < GP_COUNT(on); i++) {
		gp_auto(gp_buf) text = {0};
		struct cJSON *j = NULL;
		const char *id;

		if (gp_repo_note_read(&text, b->repo, on[i]) ||
		    gp_record_parse(&j, gp_buf_all(&text)))
			continue;
		id = gp_json_str(j, "id");
		if (id && strcmp(id, b->said.v[GP_TRAILER_ID]) == 0)
			return j;
		gp_json_clear(&j);
	}
	return NULL;
}

/* How many commits it has since its base; -1: that is not here, or far off. No git is started for
 * it, which for a hundred branches would take seconds. */
static long long count_ahead(const struct gp_branch *b)
{
	const char *base = b->said.v[GP_TRAILER_BASE];
	struct gp_oid at = b->oid, parent;
	long long n = 0;

	for (; base && n < AHEAD_MAX && strcmp(at.hex, base) != 0; n++) {
		if (gp_repo_parent(&parent, b->repo, &at))
			return -1;
		at = parent;
	}
	return base && n < AHEAD_MAX ? n : -1;
}

static void tell_branch(const struct table *t, const struct gp_branch *b,
                        const struct cJSON *record, long long ahead)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_bytes(j, "branch", gp_slice(b->ref + GP_BRANCH_HEADS));
	gp_json_put_str(j, "id", b->said.v[GP_TRAILER_ID]);
	gp_json_put_str(j, "commit", b->oid.hex);
	gp_json_put_str(j, "outcome", gp_json_str(record, "outcome"));
	gp_json_put_str(j, "request", gp_json_str(record, "request"));
	gp_json_put_int(j, "time", b->when);
	gp_json_put_bool(j, "merged", b->merged);
	gp_json_put_bool(j, "pushed", b->pushed);
	if (ahead >= 0)
		gp_json_put_int(j, "ahead", ahead);
	gp_json_put_bool(j, "checked_out", b->used);
	if (b->said.v[GP_TRAILER_COST])
		gp_json_put_str(j, "cost", b->said.v[GP_TRAILER_COST]);
	gp_term_event(t->o->term, "branch", j);
}

static int add_branch(void *ctx, struct gp_branch *b)
{
	struct table *t = ctx;
	const char *name = b->ref + GP_BRANCH_HEADS, *id = b->said.v[GP_TRAILER_ID];
	gp_auto_json struct cJSON *record = NULL;
	gp_auto(gp_buf) age = {0}, state = {0};
	const char *outcome;
	struct gp_oid tree;
	long long ahead;
	int e;

	if (!is_asked_for(t, name, name + strlen(b->prefix), id))
		return 0;
	e = gp_repo_resolve(NULL, &tree, b->repo, b->oid.hex);
	if (e)
		return e;
	record = find_record(b, &tree);
	ahead = b->merged || b->pushed ? 0 : count_ahead(b);
	tell_branch(t, b, record, ahead);
	age_text(&age, b->when);
	if (b->merged || b->pushed || ahead < 0)
		gp_buf_str(&state, b->merged ? "merged" : b->pushed ? "pushed" : "not pushed");
	else
		gp_buf_fmt(&state, "%lld ahead", ahead);
	outcome = gp_json_str(record, "outcome");
	add_row(t, (const char *const[FIELDS]){
			   name, id, outcome ? outcome : "no record", gp_buf_text(&age),
			   gp_buf_text(&state),
			   b->said.v[GP_TRAILER_COST] ? b->said.v[GP_TRAILER_COST] : "-"});
	return 0;
}

static void tell_run(const struct table *t, const char *id, const struct cJSON *state, bool runs,
                     long long when)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_str(j, "id", id);
	gp_json_put_str(j, "request", gp_json_str(state, "request"));
	gp_json_put_int(j, "time", when);
	gp_json_put_bool(j, "running", runs);
	gp_json_put_bool(j, "red", gp_json_bool(state, "red", false));
	gp_json_put_num(j, "usd", gp_json_num(state, "spent", 0));
	gp_term_event(t->o->term, "unfinished", j);
}

static int add_run(void *ctx, const char *id, const char *folder)
{
	struct table *t = ctx;
	gp_auto_json struct cJSON *state = NULL;
	gp_auto(gp_buf) age = {0}, cost = {0};
	long long when = gp_kept_when(folder);
	bool runs = gp_kept_runs(folder);
	const char *request;

	if (when < 0 || !is_asked_for(t, NULL, NULL, id) || gp_kept_state(&state, folder))
		return 0;
	tell_run(t, id, state, runs, when);
	age_text(&age, when);
	gp_buf_fmt(&cost, "%.4f USD", gp_json_num(state, "spent", 0));
	request = gp_json_str(state, "request");
	add_row(t, (const char *const[FIELDS]){request ? request : "", id,
	                                       runs ? "running" : "unfinished", gp_buf_text(&age),
	                                       gp_json_bool(state, "red", false) ? "red" : "begun",
	                                       gp_buf_text(&cost)});
	t->runs += !runs;
	return 0;
}

/* The name gives way to the others, which are short. */
static void measure(size_t w[FIELDS], const struct table *t, size_t columns)
{
	size_t others = 0;

	for (int f = 0; f < FIELDS; f++) {
		w[f] = 0;
		for (size_t i = 0; i < t->n; i++) {
			size_t n = gp_term_columns(gp_slice(t->v[i].field[f]));

			w[f] = n > w[f] ? n : w[f];
		}
		others += f == NAME ? 0 : w[f] + 2;
	}
	if (w[NAME] + others > columns)
		w[NAME] = columns > others + NAME_LEAST ? columns - others : NAME_LEAST;
}

static void print_row(const struct table *t, const struct row *r, const size_t w[FIELDS],
                      size_t columns)
{
	gp_auto(gp_buf) line = {0}, out = {0};

	for (int f = 0; f < FIELDS; f++) {
		struct gp_slice text = gp_slice(r->field[f]);
		size_t at = line.n;
		size_t used;

		if (columns)
			gp_term_cut(&line, text, w[f]);
		else
			gp_buf_slice(&line, text);
		used = gp_term_columns((struct gp_slice){line.p + at, line.n - at});
		if (f < FIELDS - 1)
			gp_buf_fmt(&line, "%*s", columns ? (int)(w[f] - used + 2) : 1,
			           columns ? "" : "\t");
	}
	gp_term_cut(&out, gp_buf_all(&line), columns ? columns : SIZE_MAX);
	gp_buf_chr(&out, '\n');
	gp_term_text(t->o->term, gp_buf_all(&out));
}

static enum gp_status ended(const struct gp_listing_options *o, int e)
{
	if (!e)
		return GP_STATUS_OK;
	if (e == GP_STOPPED)
		gp_fail(e, "interrupted");
	gp_term_error(o->term);
	return e == GP_STOPPED ? GP_STATUS_STOPPED : GP_STATUS_FATAL;
}

enum gp_status gp_listing_run(const struct gp_listing_options *o)
{
	__attribute__((cleanup(table_clear))) struct table t = {.o = o};
	size_t w[FIELDS], columns = gp_term_out_width(o->term);
	const char *prefix = gp_conf_str(o->conf, "preview.prefix");
	int e = gp_branches_each(o->repo, prefix, add_branch, &t);

	if (!e)
		e = gp_kept_each(o->repo, add_run, &t);
	measure(w, &t, columns ? columns : SIZE_MAX);
	for (size_t i = 0; !e && i < t.n; i++)
		print_row(&t, &t.v[i], w, columns);
	if (!e && t.runs)
		gp_term_detail(o->term,
		               "git preview --resume <id> goes on with what is unfinished");
	return ended(o, e);
}

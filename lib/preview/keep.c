#include "lib/preview/run.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_MAX ((size_t)64 << 20)
#define ID_LENGTH 8

static void make_id(char *out)
{
	/* no vowels and no look-alikes: ids are read aloud and must not spell words */
	static const char letters[] = "bcdfghjkmnpqrstvwxz23456789bcdfg";
	unsigned char raw[ID_LENGTH];

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		for (size_t i = 0; i < sizeof(raw); i++)
			raw[i] = (unsigned char)(gp_now_ms() >> (4 * i)) ^ (unsigned char)getpid();
	for (size_t i = 0; i < ID_LENGTH; i++)
		out[i] = letters[raw[i] & 31];
	out[ID_LENGTH] = 0;
}

bool gp_keep_is_id(const char *s)
{
	return strlen(s) == ID_LENGTH && strspn(s, "bcdfghjkmnpqrstvwxz23456789") == ID_LENGTH;
}

static void inside(struct gp_buf *out, const char *folder, const char *name)
{
	gp_buf_cut(out, 0);
	gp_buf_fmt(out, "%s/%s", folder, name);
}

static void drop_ref(struct gp_repo *r, const char *id)
{
	gp_auto(gp_buf) name = {0};
	struct gp_oid old;

	gp_buf_fmt(&name, "refs/preview/runs/%s", id);
	if (gp_repo_ref_get(&old, r, gp_buf_text(&name)) == 0)
		gp_repo_ref_drop(r, gp_buf_text(&name), &old, "preview: done");
}

/* The folder goes last: without it nobody would look for the ref. */
void gp_keep_remove(struct gp_repo *r, const char *id, const char *folder)
{
	drop_ref(r, id);
	gp_repo_dropped(r);
	gp_file_remove(folder);
}

/* The branch that a run was about to make, when it is there. */
static bool made_branch(struct gp_buf *ref, struct gp_repo *r, const char *folder)
{
	gp_auto(gp_buf) path = {0};
	struct gp_oid oid;

	inside(&path, folder, "branch");
	return gp_file_read(ref, AT_FDCWD, gp_buf_text(&path), PATH_MAX, true) == 0 &&
	       gp_starts(gp_buf_text(ref), "refs/heads/") &&
	       gp_repo_ref_get(&oid, r, gp_buf_text(ref)) == 0;
}

/* Runs that were killed before they had anything to keep, or after they had made their branch. */
static void sweep_run(struct gp_repo *r, const char *id, const char *folder)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) ref = {0};
	gp_auto(gp_lock) lock = {.fd = -1};
	bool empty;

	inside(&path, folder, "state.json");
	empty = access(gp_buf_text(&path), F_OK) != 0;
	inside(&path, folder, "branch");
	if (!empty && access(gp_buf_text(&path), F_OK) != 0)
		return;
	inside(&path, folder, "lock");
	if (gp_lock_take(&lock, gp_buf_text(&path), 0))
		return;
	inside(&path, folder, "state.json");
	if (access(gp_buf_text(&path), F_OK) != 0 || made_branch(&ref, r, folder))
		gp_keep_remove(r, id, folder);
}

static void sweep(struct gp_repo *r, const char *ours, const char *runs)
{
	static const char *const parts[] = {"", "/cache"};
	gp_auto(gp_buf) path = {0};
	struct dirent *e;
	DIR *d = opendir(runs);

	while (d && (e = readdir(d)))
		if (gp_keep_is_id(e->d_name)) {
			inside(&path, runs, e->d_name);
			sweep_run(r, e->d_name, gp_buf_text(&path));
			gp_file_sweep(gp_buf_text(&path));
		}
	if (d)
		closedir(d);
	for (size_t i = 0; i < GP_COUNT(parts); i++) {
		gp_buf_cut(&path, 0);
		gp_buf_fmt(&path, "%s%s", ours, parts[i]);
		gp_file_sweep(gp_buf_text(&path));
	}
}

static int take_lock(struct gp_preview *p)
{
	gp_auto(gp_buf) path = {0};

	inside(&path, gp_buf_text(&p->folder), "lock");
	return gp_lock_take(&p->lock, gp_buf_text(&path), 0);
}

int gp_keep_new(struct gp_preview *p)
{
	const char *ours = gp_repo_folder(p->o->repo);
	gp_auto(gp_buf) runs = {0};
	int e = GP_FAILED;

	if (!ours)
		return GP_FAILED;
	gp_buf_fmt(&runs, "%s/runs", ours);
	sweep(p->o->repo, ours, gp_buf_text(&runs));
	/* again when somebody else swept it before it was locked */
	for (int i = 0; e && e != GP_STOPPED && i < 3; i++) {
		make_id(p->id);
		inside(&p->folder, gp_buf_text(&runs), p->id);
		e = gp_file_mkdirs(gp_buf_text(&p->folder));
		if (!e && (e = take_lock(p)) == GP_FAILED)
			gp_file_remove(gp_buf_text(&p->folder));
	}
	if (e)
		gp_buf_cut(&p->folder, 0);
	return e;
}

static void put_queue(struct cJSON *j, const struct gp_preview *p)
{
	struct cJSON *calls = gp_json_array();

	for (size_t i = 0; i < p->nqueue; i++) {
		struct cJSON *c = gp_json_object();

		gp_json_put_str(c, "id", p->queue[i].id);
		gp_json_put_str(c, "name", p->queue[i].name);
		gp_json_put_bytes(c, "input",
		                  (struct gp_slice){p->queue[i].input, p->queue[i].input_n});
		gp_json_push(calls, c);
	}
	gp_json_put(j, "calls", calls);
}

void gp_keep_ref(struct gp_preview *p)
{
	const struct gp_state *best = p->full.changes.n ? &p->full : &p->test;
	gp_auto(gp_buf) name = {0};
	gp_auto(gp_buf) message = {0};
	struct gp_oid commit, old = {""};

	if (!best->changes.n || !p->red_valid)
		return;
	gp_buf_fmt(&name, "refs/preview/runs/%s", p->id);
	gp_buf_fmt(&message,
	           "preview run %s: %s\n\nNot proven. 'git preview --resume %s' goes on.\n", p->id,
	           p->full.changes.n ? "test and implementation" : "test", p->id);
	gp_repo_ref_get(&old, p->o->repo, gp_buf_text(&name));
	if (gp_repo_commit_plain(&commit, p->o->repo, &best->tree, &p->base,
	                         gp_buf_text(&p->author), gp_buf_text(&p->committer),
	                         gp_buf_text(&message)) ||
	    gp_repo_ref_move(p->o->repo, gp_buf_text(&name), &commit, &old, "preview: best state"))
		gp_term_warn(p->o->term, "cannot keep the best state: %s", gp_message());
}

/* What is saved goes with the history that is saved: none of an answer under way. A red (or all)
 * that was proven meanwhile is kept all the same, and the conversation told of it when it is
 * resumed. */
static struct gp_known known(const struct gp_preview *p, bool *told)
{
	struct gp_known k = gp_known(p);
	bool fresh = !p->at_turn.red || strcmp(k.test.hex, p->at_turn.test.hex) != 0;

	*told = p->turn_over || !(p->proven || (p->red_valid && fresh));
	if (!p->turn_over && *told)
		return p->at_turn;
	if (p->turn_over && p->taken)
		return p->at_call;
	if (!p->turn_over && !p->proven)
		k.full = (struct gp_oid){""};
	return k;
}

static void put_proposal(struct cJSON *j, const struct gp_preview *p)
{
	bool told;
	struct gp_known k = known(p, &told);

	if (k.test.hex[0])
		gp_json_put_str(j, "test_tree", k.test.hex);
	if (k.full.hex[0])
		gp_json_put_str(j, "full_tree", k.full.hex);
	gp_json_put_bool(j, "red", k.red);
	gp_json_put_bool(j, "proven", p->proven || p->again);
	gp_json_put_bool(j, "told", told);
}

static void put_money(struct cJSON *j, const struct gp_money *m)
{
	gp_json_put_num(j, "spent", m->spent);
	gp_json_put_int(j, "turns", m->calls);
	gp_json_put_int(j, "in", m->usage.in);
	gp_json_put_int(j, "cached", m->usage.cached);
	gp_json_put_int(j, "written", m->usage.written);
	gp_json_put_int(j, "out", m->usage.out);
	gp_json_put_int(j, "reasoning", m->usage.reasoning);
}

void gp_keep_save(struct gp_preview *p)
{
	gp_auto_json struct cJSON *j = gp_json_object();
	gp_auto(gp_buf) text = {.max = STATE_MAX};
	gp_auto(gp_buf) path = {0};

	gp_json_put_int(j, "schema", 1);
	gp_json_put_str(j, "id", p->id);
	gp_json_put_str(j, "base", p->base.hex);
	gp_json_put_bytes(j, "request", gp_buf_all(&p->request));
	gp_json_put_bytes(j, "words", gp_buf_all(&p->words));
	gp_json_put_int(j, "lookups", p->lookups);
	put_proposal(j, p);
	put_money(j, &p->money);
	if (p->turn_over)
		put_queue(j, p);
	gp_json_put(j, "talk", gp_talk_save(p->talk));
	inside(&path, gp_buf_text(&p->folder), "state.json");
	if (gp_json_print(&text, j) || gp_file_put(gp_buf_text(&path), gp_buf_all(&text), 0600))
		gp_term_warn(p->o->term, "cannot keep the state of the run: %s", gp_message());
}

static int take_tree(struct gp_preview *p, struct gp_state *s, const char *hex)
{
	if (!hex || strlen(hex) >= GP_OID_MAX)
		return 0;
	memcpy(s->tree.hex, hex, strlen(hex) + 1);
	return gp_repo_diff(&s->changes, p->o->repo, &p->base_tree, &s->tree);
}

static void take_money(struct gp_money *m, const struct cJSON *j)
{
	double spent = gp_json_num(j, "spent", 0);

	m->spent = spent > 0 ? spent : 0;
	m->calls = (int)gp_json_int(j, "turns", 0);
	m->usage.in = gp_json_int(j, "in", 0);
	m->usage.cached = gp_json_int(j, "cached", 0);
	m->usage.written = gp_json_int(j, "written", 0);
	m->usage.out = gp_json_int(j, "out", 0);
	m->usage.reasoning = gp_json_int(j, "reasoning", 0);
}

/* The rules of a proposal hold for one from a file as for one from the model. */
static int take_proposal(struct gp_preview *p, const struct cJSON *j)
{
	gp_auto(gp_buf) why = {0};
	int e = take_tree(p, &p->test, gp_json_str(j, "test_tree"));

	if (!e && p->test.changes.n)
		e = gp_policy_test(p, &p->test.changes, &why);
	if (!e)
		e = take_tree(p, &p->full, gp_json_str(j, "full_tree"));
	if (!e && p->full.changes.n)
		e = gp_policy_code(p, &p->full.changes, &why);
	p->unasked = p->test.changes.n && gp_json_bool(j, "red", false);
	p->again = p->unasked && p->full.changes.n && gp_json_bool(j, "proven", false);
	return e;
}

static void take_queue(struct gp_preview *p, const struct cJSON *calls)
{
	size_t n = gp_json_count(calls);

	p->queue = gp_alloc((n + 1) * sizeof(*p->queue));
	p->cap_queue = n + 1;
	for (const struct cJSON *c = gp_json_first(calls); c; c = gp_json_next(c)) {
		const char *id = gp_json_str(c, "id");
		const char *name = gp_json_str(c, "name");
		const char *input = gp_json_str(c, "input");

		if (id && name && input)
			p->queue[p->nqueue++] = (struct gp_pending){
				gp_strdup(id), gp_strdup(name), gp_strdup(input), strlen(input)};
	}
}

/* What was proven is run again rather than believed: the file is not evidence. */
static int restore(struct gp_preview *p, const struct cJSON *j)
{
	int e = take_proposal(p, j);

	if (!e)
		e = gp_talk_load(p->talk, gp_json_get(j, "talk"));
	if (!e)
		take_queue(p, gp_json_get(j, "calls"));
	if (gp_json_str(j, "words"))
		gp_buf_str(&p->words, gp_json_str(j, "words"));
	p->lookups = (int)gp_json_int(j, "lookups", 0);
	take_money(&p->money, j);
	return e;
}

static int read_state(struct cJSON **out, struct gp_slice text)
{
	int e = gp_json_parse(out, text);

	if (!e && gp_json_int(*out, "schema", 0) != 1)
		e = gp_fail(GP_INVALID, "unknown schema");
	if (!e && (!gp_json_str(*out, "base") || !gp_json_str(*out, "request")))
		e = gp_fail(GP_INVALID, "its state names no base or no request");
	return e;
}

static int open_run(struct gp_preview *p, struct cJSON **out, const char *id)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) ref = {0};
	gp_auto(gp_buf) text = {.max = STATE_MAX};
	int e;

	inside(&path, gp_buf_text(&p->folder), "state.json");
	if (access(gp_buf_text(&path), F_OK) != 0) {
		gp_fail(GP_NOTFOUND, "there is no such run");
		gp_hint("the runs that can be resumed: git for-each-ref refs/preview/runs");
		return GP_NOTFOUND;
	}
	e = take_lock(p);
	if (e == GP_EXISTS)
		return gp_fail(e, "it is still running");
	if (!e && made_branch(&ref, p->o->repo, gp_buf_text(&p->folder))) {
		gp_keep_remove(p->o->repo, id, gp_buf_text(&p->folder));
		return gp_fail(GP_EXISTS, "it is done, its branch is '%s'",
		               gp_buf_text(&ref) + strlen("refs/heads/"));
	}
	if (!e)
		e = gp_file_read(&text, AT_FDCWD, gp_buf_text(&path), STATE_MAX, true);
	return e ? e : read_state(out, gp_buf_all(&text));
}

int gp_keep_open(struct gp_preview *p, struct cJSON **out, const char *id)
{
	const char *ours = gp_repo_folder(p->o->repo);
	gp_auto(gp_buf) runs = {0};
	int e;

	if (!ours)
		return GP_FAILED;
	gp_buf_fmt(&runs, "%s/runs", ours);
	inside(&p->folder, gp_buf_text(&runs), gp_keep_is_id(id) ? id : "-");
	e = open_run(p, out, id);
	if (!e) {
		memcpy(p->id, id, strlen(id) + 1);
		return 0;
	}
	/* not ours to save to, or to offer again */
	gp_buf_cut(&p->folder, 0);
	return gp_within(e, "cannot resume '%s'", id);
}

int gp_keep_restore(struct gp_preview *p, const struct cJSON *state)
{
	int e = restore(p, state);

	p->restored = e == 0;
	return e ? gp_within(e, "cannot resume '%s'", p->id) : 0;
}

void gp_keep_branch(struct gp_preview *p, const char *ref)
{
	gp_auto(gp_buf) path = {0};

	inside(&path, gp_buf_text(&p->folder), "branch");
	gp_file_remove(gp_buf_text(&path));
	/* unsynced: it guards against our own death, not the machine's */
	gp_file_append(gp_buf_text(&path), gp_slice(ref));
}

bool gp_keep_resumable(const struct gp_preview *p)
{
	gp_auto(gp_buf) path = {0};

	inside(&path, gp_buf_text(&p->folder), "state.json");
	return p->folder.n && !p->dropped && access(gp_buf_text(&path), R_OK) == 0;
}

void gp_keep_drop(struct gp_preview *p)
{
	if (p->folder.n)
		drop_ref(p->o->repo, p->id);
	p->dropped = p->folder.n;
}

void gp_keep_end(struct gp_preview *p)
{
	gp_repo_dropped(p->o->repo);
	if (p->dropped)
		gp_file_remove(gp_buf_text(&p->folder));
	gp_lock_clear(&p->lock);
}

#include "lib/preview/run.h"

#include <dirent.h>
#include <fcntl.h>
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

static bool is_id(const char *s)
{
	return strlen(s) == ID_LENGTH && strspn(s, "bcdfghjkmnpqrstvwxz23456789") == ID_LENGTH;
}

/* Folders of runs that were killed before they had anything to keep. */
static void sweep(const char *runs)
{
	struct dirent *e;
	DIR *d = opendir(runs);

	while (d && (e = readdir(d))) {
		gp_auto(gp_buf) path = {0};
		gp_auto(gp_lock) lock = {.fd = -1};
		gp_auto(gp_buf) state = {0};

		if (!is_id(e->d_name))
			continue;
		gp_buf_fmt(&path, "%s/%s", runs, e->d_name);
		gp_buf_fmt(&state, "%s/state.json", gp_buf_text(&path));
		if (access(gp_buf_text(&state), F_OK) == 0)
			continue;
		gp_buf_cut(&state, path.n);
		gp_buf_str(&state, "/lock");
		if (gp_lock_take(&lock, gp_buf_text(&state), 0) == 0)
			gp_file_remove(gp_buf_text(&path));
	}
	if (d)
		closedir(d);
}

static int take_lock(struct gp_preview *p)
{
	gp_auto(gp_buf) path = {0};

	gp_buf_fmt(&path, "%s/lock", gp_buf_text(&p->folder));
	return gp_lock_take(&p->lock, gp_buf_text(&path), 0);
}

int gp_keep_new(struct gp_preview *p)
{
	const char *ours = gp_repo_folder(p->o->repo);
	gp_auto(gp_buf) runs = {0};

	if (!ours)
		return GP_FAILED;
	gp_buf_fmt(&runs, "%s/runs", ours);
	sweep(gp_buf_text(&runs));
	make_id(p->id);
	gp_buf_fmt(&p->folder, "%s/%s", gp_buf_text(&runs), p->id);
	if (gp_file_mkdirs(gp_buf_text(&p->folder)))
		return GP_FAILED;
	return take_lock(p);
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

static void point_ref(struct gp_preview *p)
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
	if (p->red_valid)
		gp_json_put_str(j, "test_tree", p->test.tree.hex);
	if (p->full.changes.n)
		gp_json_put_str(j, "full_tree", p->full.tree.hex);
	gp_json_put_int(j, "rounds", p->rounds);
	gp_json_put_int(j, "lookups", p->lookups);
	gp_json_put_num(j, "spent", p->money.spent);
	gp_json_put_int(j, "in", p->money.usage.in);
	gp_json_put_int(j, "out", p->money.usage.out);
	if (p->turn_over) {
		put_queue(j, p);
		gp_json_put(j, "talk", gp_talk_save(p->talk));
	}
	gp_buf_fmt(&path, "%s/state.json", gp_buf_text(&p->folder));
	if (gp_json_print(&text, j) || gp_file_write(gp_buf_text(&path), gp_buf_all(&text), 0600))
		gp_term_warn(p->o->term, "cannot keep the state of the run: %s", gp_message());
	point_ref(p);
}

static int take_tree(struct gp_preview *p, struct gp_state *s, const char *hex)
{
	if (!hex || strlen(hex) >= GP_OID_MAX)
		return 0;
	memcpy(s->tree.hex, hex, strlen(hex) + 1);
	return gp_repo_diff(&s->changes, p->o->repo, &p->base_tree, &s->tree);
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
	const struct cJSON *talk = gp_json_get(j, "talk");
	int e = take_tree(p, &p->test, gp_json_str(j, "test_tree"));

	if (!e)
		e = take_tree(p, &p->full, gp_json_str(j, "full_tree"));
	if (!e && talk) {
		e = gp_talk_load(p->talk, talk);
		take_queue(p, gp_json_get(j, "calls"));
	}
	if (gp_json_str(j, "words"))
		gp_buf_str(&p->words, gp_json_str(j, "words"));
	p->rounds = 0;
	p->lookups = (int)gp_json_int(j, "lookups", 0);
	p->money.spent = gp_json_num(j, "spent", 0);
	p->money.usage.in = gp_json_int(j, "in", 0);
	p->money.usage.out = gp_json_int(j, "out", 0);
	return e;
}

int gp_keep_open(struct gp_preview *p, struct cJSON **out, const char *id)
{
	const char *ours = gp_repo_folder(p->o->repo);
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) text = {.max = STATE_MAX};
	int e;

	if (!ours)
		return GP_FAILED;
	gp_buf_fmt(&p->folder, "%s/runs/%s", ours, id);
	gp_buf_fmt(&path, "%s/state.json", gp_buf_text(&p->folder));
	if (!is_id(id) || gp_file_read(&text, AT_FDCWD, gp_buf_text(&path), STATE_MAX, true)) {
		gp_fail(GP_NOTFOUND, "cannot resume '%s': there is no such run", id);
		gp_hint("the runs that can be resumed: git for-each-ref refs/preview/runs");
		return GP_NOTFOUND;
	}
	e = take_lock(p);
	if (e == GP_EXISTS) {
		gp_fail(e, "cannot resume '%s': it is still running", id);
		return e;
	}
	if (!e)
		e = gp_json_parse(out, gp_buf_all(&text));
	if (!e && gp_json_int(*out, "schema", 0) != 1)
		e = gp_fail(GP_INVALID, "unknown schema");
	memcpy(p->id, id, strlen(id) + 1);
	return e ? gp_within(e, "cannot resume '%s'", id) : 0;
}

int gp_keep_restore(struct gp_preview *p, const struct cJSON *state)
{
	int e = restore(p, state);

	return e ? gp_within(e, "cannot resume '%s'", p->id) : 0;
}

void gp_keep_drop(struct gp_preview *p)
{
	gp_auto(gp_buf) name = {0};
	struct gp_oid old, none = {""};

	gp_buf_fmt(&name, "refs/preview/runs/%s", p->id);
	if (gp_repo_ref_get(&old, p->o->repo, gp_buf_text(&name)) == 0)
		gp_repo_ref_move(p->o->repo, gp_buf_text(&name), &none, &old, "preview: done");
	if (p->folder.n)
		gp_file_remove(gp_buf_text(&p->folder));
}

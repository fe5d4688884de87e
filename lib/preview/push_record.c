#include "lib/preview/push_record.h"

#include <string.h>

#include "lib/base/json.h"
#include "lib/preview/vet.h"

#define NOTES "refs/notes/preview"
#define TRIES 3

struct record {
	const struct gp_push_options *o;
	const char *remote;
	struct gp_oid on[2]; /* the branch's last commit, and its tree */
	struct gp_buf text, ident;
};

static void record_clear(struct record *r)
{
	gp_buf_clear(&r->text);
	gp_buf_clear(&r->ident);
}

/* The user's git, which may ask for a password; nothing of its talk is ours. */
static int run_git(struct gp_buf *out, const struct record *r, const char *const *args)
{
	gp_auto(gp_list) env = {0};
	gp_auto(gp_list) argv = {0};
	gp_auto(gp_proc_result) result = {0};
	struct gp_proc_spec p = {.inherit_in = true, .deadline_ms = 5L * 60 * 1000};
	int e;

	gp_git_env(&env, r->o->repo, true);
	gp_list_add(&argv, "git");
	for (size_t i = 0; args[i]; i++)
		gp_list_add(&argv, args[i]);
	p.argv = (const char *const *)argv.v;
	p.env = (const char *const *)env.v;
	e = gp_proc_run(&result, &p);
	if (e)
		return e;
	if (result.exit != 0) {
		struct gp_slice line = {0}, last = GP_SLICE("it did not say why");
		struct gp_slice rest = gp_buf_all(&result.err);

		while (gp_line(&line, &rest))
			last = gp_trim(line).n ? gp_trim(line) : last;
		return gp_fail(GP_REFUSED, "git %s: %.*s", args[0], (int)last.n, last.p);
	}
	return gp_buf_slice(out, gp_buf_all(&result.out));
}

/* Where the notes of the other side are ("": nowhere), with the objects here. */
static int find_tip(struct gp_oid *out, const struct record *r)
{
	const char *const list[] = {"ls-remote", "--", r->remote, NOTES, NULL};
	const char *const fetch[] = {"fetch",
	                             "--quiet",
	                             "--no-tags",
	                             "--no-write-fetch-head",
	                             "--no-recurse-submodules",
	                             "--no-auto-gc",
	                             "--",
	                             r->remote,
	                             NOTES,
	                             NULL};
	gp_auto(gp_buf) text = {0};
	size_t n;
	int e = run_git(&text, r, list);

	*out = (struct gp_oid){0};
	n = strspn(gp_buf_text(&text), "0123456789abcdef");
	if (e || n == 0)
		return e;
	if (n >= GP_OID_MAX)
		return gp_fail(GP_INVALID, "the other side names no object");
	memcpy(out->hex, gp_buf_text(&text), n);
	gp_buf_cut(&text, 0);
	return run_git(&text, r, fetch);
}

static enum gp_status vet(const struct record *r, const struct gp_oid *old,
                          const struct gp_oid *new)
{
	const struct gp_vet_options with = {.repo = r->o->repo,
	                                    .conf = r->o->conf,
	                                    .term = r->o->term,
	                                    .settings = r->o->settings};
	gp_auto(gp_buf) line = {0};
	struct gp_oid from = *old;

	if (!from.hex[0])
		memset(from.hex, '0', strlen(new->hex));
	gp_buf_fmt(&line, "%s %s %s %s\n", NOTES, new->hex, NOTES, from.hex);
	return gp_vet_pushes(&with, r->remote, gp_buf_all(&line));
}

/* What became of it in one word. GP_REFUSED: the other side moved, or says no. */
static int push_once(const char **word, const struct record *r)
{
	gp_auto(gp_buf) there = {0};
	gp_auto(gp_buf) spec = {0};
	const char *args[] = {"push", "--quiet", "--", r->remote, NULL, NULL};
	struct gp_oid old, new;
	int e = find_tip(&old, r);

	if (e)
		return e;
	if (old.hex[0] && gp_repo_note_read_at(&there, r->o->repo, old.hex, &r->on[0]) == 0) {
		*word = gp_slice_eq(gp_trim(gp_buf_all(&there)), gp_trim(gp_buf_all(&r->text)))
		                ? "there"
		                : "differs";
		return 0;
	}
	new = old;
	e = gp_repo_note_add(&new, r->o->repo, r->on, GP_COUNT(r->on), gp_buf_text(&r->ident),
	                     gp_buf_all(&r->text));
	if (e)
		return e;
	if (vet(r, &old, &new) != GP_STATUS_OK) {
		*word = "kept";
		return 0;
	}
	gp_buf_fmt(&spec, "%s:%s", new.hex, NOTES);
	args[4] = gp_buf_text(&spec);
	e = run_git(&there, r, args);
	*word = "pushed";
	return e;
}

static int find_record(struct record *r, const char *branch)
{
	gp_auto(gp_buf) ref = {0};
	gp_auto(gp_buf) author = {0};
	int e;

	gp_buf_fmt(&ref, "refs/heads/%s", branch);
	e = gp_repo_resolve(&r->on[0], &r->on[1], r->o->repo, gp_buf_text(&ref));
	if (!e)
		e = gp_repo_note_read(&r->text, r->o->repo, &r->on[0]);
	if (e)
		e = gp_repo_note_read(&r->text, r->o->repo, &r->on[1]);
	return e ? e : gp_repo_ident(&author, &r->ident, r->o->repo);
}

static void tell(const struct record *r, const char *word)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_bytes(j, "remote", gp_slice(r->remote));
	gp_json_put_str(j, "commit", r->on[0].hex);
	gp_json_put_str(j, "state", word);
	gp_term_event(r->o->term, "record", j);
	if (strcmp(word, "differs") == 0)
		gp_term_warn(r->o->term, "another record of this commit is at '%s', and stays",
		             r->remote);
	else if (strcmp(word, "kept") == 0)
		gp_term_warn(r->o->term, "the record is not pushed");
	else if (strcmp(word, "failed") == 0)
		gp_term_warn(r->o->term, "the record is not pushed: %s", gp_message());
	else
		gp_term_say(r->o->term, "record: %s",
		            strcmp(word, "there") == 0 ? "there already" : NOTES);
}

void gp_push_record(const struct gp_push_options *o, const char *remote, const char *branch)
{
	__attribute__((cleanup(record_clear))) struct record r = {.o = o, .remote = remote};
	const char *word = "failed";
	int e;

	if (o->dry_run || !gp_conf_bool(o->conf, "push.record") || find_record(&r, branch))
		return;
	e = push_once(&word, &r);
	/* somebody else's note came first */
	for (int i = 1; e == GP_REFUSED && i < TRIES; i++)
		e = push_once(&word, &r);
	tell(&r, e ? "failed" : word);
}

#include "lib/preview/run.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/base/json.h"
#include "lib/preview/proven.h"
#include "lib/preview/record.h"
#include "lib/preview/strong.h"

#define SUBJECT_BYTES 72
#define BODY_BYTES 2000

/* A line that could be taken for a trailer of ours, or for the end of the message (git
 * interpret-trailers and git am stop at "---"): a model must not write evidence, nor hide it. */
static bool misleads(struct gp_slice line)
{
	return (line.n > 8 && strncasecmp(line.p, "preview-", 8) == 0) ||
	       (line.n >= 3 && memcmp(line.p, "---", 3) == 0);
}

/* The words of the model (or of the request) as subject and body. Lines that mislead are indented.
 */
static void split_words(struct gp_buf *subject, struct gp_buf *body, const struct gp_preview *p)
{
	gp_auto(gp_buf) clean = {0};
	struct gp_slice rest, line;
	size_t cut;

	gp_buf_visible(&clean, gp_trim(gp_buf_all(p->words.n ? &p->words : &p->request)));
	rest = gp_buf_all(&clean);
	while (gp_line(&line, &rest) && !gp_trim(line).n)
		;
	line = gp_trim(line);
	while (line.n && (*line.p == '#' || *line.p == '*' || *line.p == ' ')) {
		line.p++;
		line.n--;
	}
	cut = line.n > SUBJECT_BYTES ? SUBJECT_BYTES : line.n;
	while (cut < line.n && cut && ((unsigned char)line.p[cut] & 0xc0) == 0x80)
		cut--;
	gp_buf_add(subject, line.p, cut);
	if (cut < line.n)
		gp_buf_str(subject, "...");
	body->max = BODY_BYTES;
	while (gp_line(&line, &rest)) {
		if (!body->n && !gp_trim(line).n)
			continue;
		if (misleads(line) && gp_buf_chr(body, ' '))
			break;
		if (gp_buf_slice(body, line) || gp_buf_chr(body, '\n'))
			break;
	}
	if (!subject->n)
		gp_buf_str(subject, "preview");
}

static void one_line(struct gp_buf *out, const char *name, const char *value)
{
	gp_auto(gp_buf) clean = {0};

	gp_buf_visible(&clean, gp_slice(value));
	for (size_t i = 0; i < clean.n; i++)
		if (clean.p[i] == '\n' || clean.p[i] == '\t')
			clean.p[i] = ' ';
	if (clean.n > 400) {
		size_t cut = 400;

		while (((unsigned char)clean.p[cut] & 0xc0) == 0x80)
			cut--;
		gp_buf_cut(&clean, cut);
	}
	gp_buf_fmt(out, "%s: %s\n", name, gp_buf_text(&clean));
}

static void verdict_line(struct gp_buf *out, const char *name, const struct gp_trial_result *r)
{
	gp_auto(gp_buf) text = {0};

	gp_buf_fmt(&text, "%s%s (%s)", gp_verdict_word(r->judgement.verdict),
	           r->judgement.low_confidence ? ", low confidence" : "",
	           r->command ? r->command : "-");
	one_line(out, name, gp_buf_text(&text));
}

static void trailers(struct gp_buf *out, const struct gp_preview *p, const char *role, bool proven)
{
	gp_auto(gp_buf) money = {0};
	gp_auto(gp_buf) suite = {0};
	gp_auto(gp_buf) strength = {0};

	one_line(out, "Preview-Id", p->id);
	one_line(out, "Preview-Role", role);
	one_line(out, "Preview-Base", p->base.hex);
	verdict_line(out, "Preview-Red", &p->red_result);
	if (proven) {
		verdict_line(out, "Preview-Green", &p->green_result);
		gp_auto(gp_buf) flaky = {0};

		if (gp_flaky_n(&p->flaky))
			gp_buf_fmt(&flaky, ", %zu flaky", gp_flaky_n(&p->flaky));
		gp_buf_fmt(&suite, "%ld passed, %ld failed, %ld skipped%s (%s)",
		           p->suite_result.report.passed,
		           p->suite_result.report.failed + p->suite_result.report.errors,
		           p->suite_result.report.skipped, gp_buf_text(&flaky), p->project.suite);
		one_line(out, "Preview-Suite", gp_buf_text(&suite));
	} else {
		one_line(out, "Preview-Green", "not proven");
	}
	gp_strong_words(&strength, p);
	one_line(out, "Preview-Strength", gp_buf_text(&strength));
	one_line(out, "Preview-Model", p->model.name);
	gp_money_text(&money, &p->money);
	one_line(out, "Preview-Cost", gp_buf_text(&money));
}

static void compose(struct gp_buf *out, const struct gp_preview *p, const char *role, bool proven)
{
	gp_auto(gp_buf) subject = {0};
	gp_auto(gp_buf) body = {0};

	split_words(&subject, &body, p);
	if (strcmp(role, "test") == 0) {
		gp_buf_fmt(out, "test: %s\n\n", gp_buf_text(&subject));
		gp_buf_str(out, "Fails without the commit that follows.\n\n");
	} else {
		gp_buf_fmt(out, "%s\n\n", gp_buf_text(&subject));
		while (body.n && body.p[body.n - 1] == '\n')
			gp_buf_cut(&body, body.n - 1);
		if (body.n)
			gp_buf_fmt(out, "%s\n\n", gp_buf_text(&body));
	}
	for (size_t i = 0; i < p->weak.n; i++)
		gp_buf_fmt(out, "Not proven: %s.\n", p->weak.v[i]);
	for (size_t i = 0; i < p->loose.n; i++)
		gp_buf_fmt(out, "Not proven: %s.\n", p->loose.v[i]);
	if (p->weak.n + p->loose.n)
		gp_buf_chr(out, '\n');
	trailers(out, p, role, proven);
}

static struct cJSON *trial_record(const struct gp_trial_result *r)
{
	struct cJSON *o = gp_json_object(), *tests = gp_json_array();
	static const char *const states[] = {"pass", "fail", "error", "skip", "todo"};
	struct gp_oid digest;

	gp_json_put_str(o, "verdict", gp_verdict_word(r->judgement.verdict));
	gp_json_put_bytes(o, "reason", gp_buf_all(&r->judgement.reason));
	gp_json_put_bool(o, "low_confidence", r->judgement.low_confidence);
	gp_json_put_str(o, "command", r->command);
	gp_json_put_str(o, "format", r->report.format);
	gp_json_put_int(o, "exit", r->exit);
	gp_json_put_int(o, "ms", r->ms);
	gp_json_put_bool(o, "cached", r->cached);
	if (gp_repo_hash(&digest, gp_buf_all(&r->output)) == 0)
		gp_json_put_str(o, "log_blob_id", digest.hex);
	for (size_t i = 0; i < r->report.n && i < 20000; i++) {
		struct cJSON *t = gp_json_object();

		gp_json_put_bytes(t, "id", gp_slice(r->report.v[i].id));
		gp_json_put_str(t, "state", states[r->report.v[i].state]);
		gp_json_push(tests, t);
	}
	gp_json_put(o, "tests", tests);
	return o;
}

static void put_money(struct cJSON *j, const struct gp_preview *p)
{
	struct cJSON *m = gp_json_object();

	gp_json_put_int(m, "calls", p->money.calls);
	gp_json_put_int(m, "in", p->money.usage.in);
	gp_json_put_int(m, "cached", p->money.usage.cached);
	gp_json_put_int(m, "written", p->money.usage.written);
	gp_json_put_int(m, "out", p->money.usage.out);
	gp_json_put_int(m, "reasoning", p->money.usage.reasoning);
	if (p->money.priced)
		gp_json_put_num(m, "usd", p->money.spent);
	gp_json_put_str(m, "price_date", p->model.price.date);
	gp_json_put(j, "usage", m);
}

static void put_times(struct cJSON *j, const struct gp_preview *p)
{
	struct cJSON *t = gp_json_object();

	gp_json_put_int(t, "context", p->context_ms);
	gp_json_put_int(t, "model", p->model_ms);
	gp_json_put_int(t, "red", p->red_ms);
	gp_json_put_int(t, "green", p->green_ms);
	gp_json_put_int(t, "suite", p->suite_ms);
	gp_json_put_int(t, "strength", p->strength_ms);
	gp_json_put_int(t, "whole", (long long)(gp_now_ms() - p->began));
	gp_json_put(j, "ms", t);
}

static int record(struct gp_buf *out, struct gp_preview *p, bool proven)
{
	gp_auto_json struct cJSON *j = gp_json_object();
	struct cJSON *weak = gp_json_array(), *unlocked = gp_json_array();
	int e;

	gp_json_put_int(j, "schema", 1);
	gp_json_put_str(j, "id", p->id);
	gp_json_put_str(j, "outcome", !proven ? "unproven" : p->weak.n ? "weak" : "proven");
	gp_json_put_bytes(j, "request", gp_buf_all(&p->request));
	gp_json_put_str(j, "base", p->base.hex);
	gp_json_put_str(j, "base_tree", p->base_tree.hex);
	gp_json_put_str(j, "test_tree", p->test.tree.hex);
	if (p->full.changes.n)
		gp_json_put_str(j, "full_tree", p->full.tree.hex);
	gp_json_put_str(j, "suite", p->project.suite);
	gp_json_put_str(j, "setup", p->project.setup);
	gp_json_put_str(j, "sandbox", gp_sandbox_identity(p->sandbox));
	gp_json_put_str(j, "model", p->model.name);
	gp_json_put(j, "baseline", trial_record(&p->base_result));
	gp_json_put(j, "red", trial_record(&p->red_result));
	if (p->full.changes.n)
		gp_json_put(j, "green", trial_record(&p->green_result));
	if (proven)
		gp_json_put(j, "whole", trial_record(&p->suite_result));
	gp_json_put(j, "strength", gp_strong_record(p));
	for (size_t i = 0; i < p->weak.n; i++)
		gp_json_push_str(weak, p->weak.v[i]);
	for (size_t i = 0; i < p->loose.n; i++)
		gp_json_push_str(weak, p->loose.v[i]);
	gp_json_put(j, "not_proven", weak);
	gp_json_put_int(j, "reds", p->reds);
	gp_json_put_int(j, "greens", p->greens);
	if (gp_flaky_n(&p->flaky))
		gp_json_put(j, "flaky", gp_flaky_json(&p->flaky));
	gp_json_put(j, "findings", gp_found_json(p));
	for (size_t i = 0; i < p->unlocked.n; i++)
		gp_json_push_str(unlocked, p->unlocked.v[i]);
	gp_json_put(j, "unlocked", unlocked);
	gp_json_put_int(j, "turns", p->turns);
	gp_json_put_int(j, "repairs", p->rounds);
	put_money(j, p);
	put_times(j, p);
	e = gp_json_print(out, j);
	return e ? e : gp_buf_chr(out, '\n');
}

/* A run that kept a branch without proof and was resumed has its name already; somebody may be at
 * work there. */
static bool is_taken(const struct gp_preview *p, const char *branch)
{
	gp_auto(gp_buf) ref = {0};
	struct gp_oid oid;

	gp_buf_fmt(&ref, "refs/heads/%s", branch);
	return gp_repo_ref_get(&oid, p->o->repo, gp_buf_text(&ref)) == 0;
}

/* A branch name never comes from raw text: letters, digits and dashes of the subject, and the id.
 */
static int name_branch(struct gp_buf *out, const struct gp_preview *p)
{
	gp_auto(gp_buf) subject = {0};
	gp_auto(gp_buf) body = {0};
	gp_auto(gp_buf) slug = {0};
	const char *prefix = gp_conf_str(p->o->conf, "preview.prefix");
	gp_auto(gp_buf) full = {0};
	size_t n;

	split_words(&subject, &body, p);
	for (size_t i = 0; i < subject.n && slug.n < 40; i++) {
		unsigned char c = (unsigned char)subject.p[i];

		if (c < 0x80 && isalnum(c))
			gp_buf_chr(&slug, (char)tolower(c));
		else if (slug.n && slug.p[slug.n - 1] != '-')
			gp_buf_chr(&slug, '-');
	}
	while (slug.n && slug.p[slug.n - 1] == '-')
		gp_buf_cut(&slug, slug.n - 1);
	gp_buf_fmt(out, "%s%s%s%s", prefix, gp_buf_text(&slug), slug.n ? "-" : "", p->id);
	n = out->n;
	for (int i = 2; i < 10 && is_taken(p, gp_buf_text(out)); i++) {
		gp_buf_cut(out, n);
		gp_buf_fmt(out, "-%d", i);
	}
	gp_buf_fmt(&full, "refs/heads/%s", gp_buf_text(out));
	if (gp_repo_ref_valid(gp_buf_text(&full)))
		return 0;
	gp_fail(GP_INVALID, "'%s' is no valid branch name", gp_buf_text(out));
	gp_hint("set preview.prefix to something like 'preview/'");
	return GP_INVALID;
}

static int commits(struct gp_oid *tip, const struct gp_preview *p, bool proven)
{
	gp_auto(gp_buf) message = {0};
	struct gp_oid test;
	const char *author = gp_buf_text(&p->author), *committer = gp_buf_text(&p->committer);
	int e;

	compose(&message, p, "test", proven);
	e = gp_repo_commit(&test, p->o->repo, &p->test.tree, &p->base, author, committer,
	                   gp_buf_text(&message));
	*tip = test;
	if (e || !p->full.changes.n)
		return e;
	gp_buf_cut(&message, 0);
	compose(&message, p, "implementation", proven);
	return gp_repo_commit(tip, p->o->repo, &p->full.tree, &test, author, committer,
	                      gp_buf_text(&message));
}

/* By commit, where git log shows it, and by tree, which stays when the commit is amended or
 * squashed. */
static int note_write(const struct gp_preview *p, const struct gp_oid *tip, struct gp_slice text)
{
	const struct gp_oid on[] = {*tip, p->full.changes.n ? p->full.tree : p->test.tree};

	return gp_repo_note_write(p->o->repo, on, GP_COUNT(on), gp_buf_text(&p->committer), text);
}

/* Signed where the user's commits are. */
static int seal(struct gp_buf *note, const struct gp_preview *p, const struct gp_oid *tip)
{
	const struct gp_oid *tree = p->full.changes.n ? &p->full.tree : &p->test.tree;
	gp_auto_str char *text = gp_strndup(note->p, note->n - 1);
	gp_auto(gp_buf) signature = {0};
	int e = gp_repo_seal(&signature, p->o->repo, tree, tip, gp_buf_text(&p->committer), text);

	return e || !signature.n ? e : gp_record_put_signature(note, gp_buf_text(&signature));
}

int gp_evidence_make(struct gp_preview *p, bool proven)
{
	struct gp_buf *branch = &p->out->branch;
	gp_auto(gp_buf) note = {0};
	gp_auto(gp_buf) ref = {0};
	struct gp_oid tip, none = {""};
	int e = name_branch(branch, p);

	if (!e)
		e = commits(&tip, p, proven);
	if (!e)
		e = record(&note, p, proven);
	if (!e)
		e = seal(&note, p, &tip);
	if (!e)
		e = note_write(p, &tip, gp_buf_all(&note));
	gp_buf_fmt(&ref, "refs/heads/%s", gp_buf_text(branch));
	if (!e && proven)
		gp_keep_branch(p, gp_buf_text(&ref));
	if (!e)
		e = gp_repo_ref_move(p->o->repo, gp_buf_text(&ref), &tip, &none,
		                     proven ? "preview: proven" : "preview: kept unproven");
	if (e)
		gp_buf_cut(branch, 0);
	else if (proven)
		gp_proven_add_tip(p->o->repo, &tip);
	return e ? gp_within(e, "cannot make the branch") : 0;
}

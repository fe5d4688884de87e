#include "tests/fake/replay/script.h"

#include <stdlib.h>
#include <string.h>

/* "input.0.role"; a negative number counts from the end. */
static const struct cJSON *walk(const struct cJSON *j, const char *path)
{
	gp_auto(gp_list) words = {0};
	char *end;

	for (size_t n; *path; path += path[n] ? n + 1 : n) {
		n = strcspn(path, ".");
		gp_list_addn(&words, path, n);
	}
	for (size_t k = 0; k < words.n && j; k++) {
		long i = strtol(words.v[k], &end, 10);

		if (!gp_json_is_array(j) || *end) {
			j = gp_json_get(j, words.v[k]);
			continue;
		}
		if (i < 0)
			i += (long)gp_json_count(j);
		for (j = i < 0 ? NULL : gp_json_first(j); j && i > 0; i--)
			j = gp_json_next(j);
	}
	return j;
}

static void print(struct gp_buf *out, const struct cJSON *j)
{
	if (j)
		gp_json_print(out, j);
	else
		gp_buf_str(out, "nothing");
}

static bool is_ours(const struct cJSON *item)
{
	const char *type = gp_json_str(item, "type"), *role = gp_json_str(item, "role");

	return (role && strcmp(role, "assistant") != 0) || (type && gp_ends(type, "_output"));
}

static bool check_json(struct gp_buf *why, const struct expectation *e, const struct cJSON *body)
{
	const struct cJSON *is = walk(body, e->words.v[1]);
	gp_auto_json struct cJSON *should = NULL;
	gp_auto(gp_buf) a = {0};
	gp_auto(gp_buf) b = {0};

	if (e->words.n < 3 || gp_json_parse(&should, gp_slice(e->words.v[2])))
		/* a bare word is a string */
		should = gp_json_string(e->words.n < 3 ? "" : e->words.v[2]);
	print(&a, is);
	print(&b, should);
	if (gp_slice_eq(gp_buf_all(&a), gp_buf_all(&b)))
		return true;
	gp_buf_fmt(why, "%s is %.300s instead of %.300s", e->words.v[1], a.p, b.p);
	return false;
}

/* The names of a list's members, by key, against the words of the expectation. */
static bool check_names(struct gp_buf *why, const struct expectation *e, const struct cJSON *list,
                        const char *key)
{
	gp_auto(gp_buf) is = {0};
	gp_auto(gp_buf) should = {0};

	for (const struct cJSON *c = gp_json_first(list); c; c = gp_json_next(c)) {
		const char *name = gp_json_str(c, key);

		/* a message may go without its type */
		gp_buf_fmt(&is, " %s", name ? name : "message");
	}
	for (size_t i = 1; i < e->words.n; i++)
		gp_buf_fmt(&should, " %s", e->words.v[i]);
	if (gp_slice_eq(gp_buf_all(&is), gp_buf_all(&should)))
		return true;
	gp_buf_fmt(why, "%s are%s instead of%s", e->words.v[0], gp_buf_text(&is),
	           gp_buf_text(&should));
	return false;
}

/* Every item of every whole answer so far, as it was sent and in that order, and nothing else that
 * is not the client's own. */
static bool check_returned(struct gp_buf *why, const struct script *s, const struct request *r,
                           const struct cJSON *input)
{
	const struct cJSON *c = gp_json_first(input);
	const struct block *before = NULL;

	for (int n = 1; n < r->number; n++) {
		const struct block *b = script_numbered(s, n);

		if (!b || !b->whole || b == before)
			continue;
		before = b;
		for (const struct cJSON *o = gp_json_first(b->output); o; o = gp_json_next(o)) {
			gp_auto(gp_buf) is = {0};
			gp_auto(gp_buf) should = {0};

			while (c && is_ours(c))
				c = gp_json_next(c);
			print(&is, c);
			print(&should, o);
			if (!gp_slice_eq(gp_buf_all(&is), gp_buf_all(&should))) {
				gp_buf_fmt(why, "got %.300s back instead of %.300s", is.p,
				           should.p);
				return false;
			}
			c = gp_json_next(c);
		}
	}
	while (c && is_ours(c))
		c = gp_json_next(c);
	if (c)
		gp_buf_str(why, "got an item back that was not sent");
	return !c;
}

static bool check_header(struct gp_buf *why, const struct expectation *e, const struct request *r,
                         bool wanted)
{
	struct gp_slice value;
	bool there = request_header(&value, r, e->words.v[1]);

	if (there != wanted) {
		gp_buf_fmt(why, "header %s is %s", e->words.v[1], there ? "there" : "missing");
		return false;
	}
	if (wanted && e->words.n > 2 && !gp_slice_is(value, e->words.v[2])) {
		/* the value may be a key */
		gp_buf_fmt(why, "header %s has another value", e->words.v[1]);
		return false;
	}
	return true;
}

static bool check_body(struct gp_buf *why, const struct expectation *e, const struct request *r,
                       bool wanted)
{
	bool there = gp_find(gp_buf_all(&r->body), e->words.v[1]) != NULL;

	if (there != wanted)
		gp_buf_fmt(why, "the body %s '%s'", there ? "has" : "has no", e->words.v[1]);
	return there == wanted;
}

static bool check_word(struct gp_buf *why, const struct expectation *e, const struct gp_buf *is)
{
	if (gp_slice_is(gp_buf_all(is), e->words.v[1]))
		return true;
	gp_buf_fmt(why, "%s is %s instead of %s", e->words.v[0], gp_buf_text(is), e->words.v[1]);
	return false;
}

static bool check_request(struct gp_buf *why, const struct script *s, const struct expectation *e,
                          const struct request *r, const struct cJSON *j)
{
	const struct cJSON *input = gp_json_get(j, "input");
	const char *what = e->words.v[0];

	if (strcmp(what, "tools") == 0)
		return check_names(why, e, gp_json_get(j, "tools"), "name");
	if (strcmp(what, "items") == 0)
		return check_names(why, e, input, "type");
	if (strcmp(what, "returned") == 0)
		return check_returned(why, s, r, input);
	if (e->words.n < 2)
		script_die(e->line, "'expect %s' wants more", what);
	if (strcmp(what, "method") == 0)
		return check_word(why, e, &r->method);
	if (strcmp(what, "path") == 0)
		return check_word(why, e, &r->path);
	if (strcmp(what, "header") == 0 || strcmp(what, "no-header") == 0)
		return check_header(why, e, r, what[0] == 'h');
	if (strcmp(what, "body") == 0 || strcmp(what, "no-body") == 0)
		return check_body(why, e, r, what[0] == 'b');
	if (strcmp(what, "json") == 0)
		return check_json(why, e, j);
	if (strcmp(what, "no-json") == 0) {
		if (walk(j, e->words.v[1]))
			gp_buf_fmt(why, "%s is there", e->words.v[1]);
		return !walk(j, e->words.v[1]);
	}
	if (strcmp(what, "count") == 0) {
		long n = strtol(e->words.v[1], NULL, 10);

		if ((long)gp_json_count(input) != n)
			gp_buf_fmt(why, "%zu input items instead of %ld", gp_json_count(input), n);
		return (long)gp_json_count(input) == n;
	}
	script_die(e->line, "unknown expectation '%s'", what);
}

bool expect_check(struct gp_buf *why, const struct script *s, const struct expectation *e,
                  const struct request *r)
{
	gp_auto_json struct cJSON *j = NULL;

	gp_json_parse(&j, gp_buf_all(&r->body));
	return check_request(why, s, e, r, j);
}

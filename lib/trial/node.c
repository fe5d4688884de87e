#include <string.h>

#include "lib/trial/marks.h"

/* node's spec reporter: "▶ group" opens, a mark with the group's name at its column closes it. */
struct spec {
	struct gp_report *r;
	struct gp_nest nest;
	size_t first[GP_NEST]; /* where the tests of each open group begin */
	struct gp_test *failed;
	size_t failed_indent;
	struct gp_buf loose; /* lines that belong to no test yet */
};

static bool any_failed(const struct gp_report *r, size_t from)
{
	for (; from < r->n; from++)
		if (r->v[from].state == GP_TEST_FAIL || r->v[from].state == GP_TEST_ERROR)
			return true;
	return false;
}

/* Name and directive of "name (1.2ms) # todo". */
static struct gp_slice name_of(struct gp_slice s, bool *todo)
{
	struct gp_slice timed = gp_untimed(s, false);
	size_t n = 0;

	*todo = false;
	if (timed.n < gp_trim(s).n)
		return timed;
	while (n < s.n) {
		const char *hash = memmem(s.p + n, s.n - n, ") #", 3);
		struct gp_slice head;

		if (!hash)
			break;
		head = (struct gp_slice){s.p, (size_t)(hash - s.p) + 1};
		timed = gp_untimed(head, false);
		if (timed.n < head.n) {
			*todo = gp_find(gp_skip(s, head.n), "# TOD") != NULL;
			return timed;
		}
		n = (size_t)(hash - s.p) + 1;
	}
	return gp_trim(s);
}

static void open_group(struct spec *p, size_t indent, struct gp_slice name)
{
	gp_nest_open(&p->nest, indent, name);
	if (p->nest.n)
		p->first[p->nest.n - 1] = p->r->n;
	p->failed = NULL;
}

static void add(struct spec *p, enum gp_test_state state, size_t indent, struct gp_slice name)
{
	gp_auto(gp_buf) path = {0};
	struct gp_slice rest = gp_buf_all(&p->loose), line;

	gp_nest_path(&path, &p->nest, indent);
	p->failed = gp_report_add_in(p->r, state, gp_buf_all(&path), name);
	p->failed_indent = indent;
	/* what a file printed before its process failed stands above its mark */
	while (state == GP_TEST_FAIL && name.n && name.p[0] == '/' && gp_line(&line, &rest))
		gp_test_say(p->failed, line);
	gp_buf_cut(&p->loose, 0);
}

static void mark(struct spec *p, enum gp_test_state state, size_t indent, struct gp_slice s)
{
	struct gp_slice name;
	bool todo;
	size_t at;

	name = name_of(s, &todo);
	for (at = p->nest.n; at > 0; at--)
		if (p->nest.v[at - 1].indent == indent)
			break;
	if (at && gp_slice_eq(p->nest.v[at - 1].name, name)) {
		p->nest.n = at - 1;
		if (state == GP_TEST_FAIL && !todo && !any_failed(p->r, p->first[at - 1]))
			add(p, state, indent, name);
		return;
	}
	add(p, todo ? GP_TEST_TODO : state, indent, name);
}

static void spec_line(struct spec *p, struct gp_slice line)
{
	size_t indent = gp_indent(line);
	struct gp_slice s = gp_skip(line, indent), name;
	bool todo;
	int is;

	if (gp_head(s, "\xe2\x96\xb6 ", &name)) {
		name = name_of(name, &todo);
		if (p->nest.n && p->nest.v[p->nest.n - 1].indent == indent &&
		    gp_slice_eq(p->nest.v[p->nest.n - 1].name, name))
			p->nest.n--;
		else
			open_group(p, indent, name);
		return;
	}
	/* an error's text may hold anything, but is indented deeper than its test */
	is = gp_head(s, "- ", NULL) ? -1 : gp_mark(&s);
	if (is >= 0 &&
	    !(p->failed && p->failed->state == GP_TEST_FAIL && indent > p->failed_indent)) {
		mark(p, (enum gp_test_state)is, indent, s);
	} else if (p->failed && p->failed->state == GP_TEST_FAIL && indent > p->failed_indent) {
		if (!gp_find(line, "node:internal"))
			gp_test_say(p->failed, gp_skip(line, p->failed_indent + 2));
	} else if (p->loose.n + line.n < GP_MESSAGE_MAX && gp_trim(line).n) {
		p->failed = NULL;
		gp_buf_slice(&p->loose, line);
		gp_buf_chr(&p->loose, '\n');
	}
}

static void settle(struct gp_test *t)
{
	struct gp_slice why = gp_slice(t->message);

	if (t->state != GP_TEST_FAIL)
		return;
	if (!gp_find(why, "'test failed'")) {
		t->state = gp_js_state(t);
	} else if (!gp_find(why, "AssertionError")) {
		t->state = GP_TEST_ERROR;
		t->collect = true;
	}
}

/* From version 23 on failures are explained in a list at the end alone. */
static void explain(struct gp_report *r, struct gp_slice text)
{
	struct gp_test *t = NULL;
	struct gp_slice line, s;
	int budget = 2000;
	bool todo;

	while (gp_line(&line, &text)) {
		s = line;
		if (gp_mark(&s) != GP_TEST_FAIL) {
			if (t && gp_indent(line) >= 2 && !gp_find(line, "node:internal"))
				gp_test_say(t, gp_skip(line, 2));
			continue;
		}
		t = NULL;
		s = name_of(s, &todo);
		for (size_t i = 0; budget > 0 && i < r->n && !t; i++) {
			struct gp_slice id = gp_slice(r->v[i].id);

			if (r->v[i].state == GP_TEST_FAIL && !r->v[i].message && id.n >= s.n &&
			    memcmp(id.p + id.n - s.n, s.p, s.n) == 0)
				t = &r->v[i];
		}
		budget--;
	}
}

void gp_read_node(struct gp_report *part, struct gp_slice text)
{
	struct spec p = {.r = part};
	struct gp_slice line, cap[GP_SCAN_MAX];
	bool summed = false;

	if (!gp_find(text, "\xe2\x84\xb9 tests "))
		return;
	while (gp_line(&line, &text)) {
		summed |= gp_scan(line, "\xe2\x84\xb9 tests %d%$", cap);
		if (gp_head(line, "\xe2\x9c\x96 failing tests:", NULL))
			break;
		if (!gp_head(line, "\xe2\x84\xb9 ", NULL))
			spec_line(&p, line);
	}
	gp_buf_clear(&p.loose);
	if (!summed) {
		gp_report_clear(part);
		return;
	}
	explain(part, text);
	for (size_t i = 0; i < part->n; i++)
		settle(&part->v[i]);
	part->kind = GP_REPORT_TESTS;
}

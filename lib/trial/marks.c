#include "lib/trial/marks.h"

#include <string.h>

int gp_mark(struct gp_slice *s)
{
	static const struct {
		const char *sign;
		enum gp_test_state state;
	} signs[] = {
		{"\xe2\x9c\x94 ", GP_TEST_PASS}, {"\xe2\x9c\x93 ", GP_TEST_PASS},
		{"\xe2\x88\x9a ", GP_TEST_PASS}, {"\xe2\x9c\x96 ", GP_TEST_FAIL},
		{"\xe2\x9c\x97 ", GP_TEST_FAIL}, {"\xe2\x9c\x95 ", GP_TEST_FAIL},
		{"\xc3\x97 ", GP_TEST_FAIL},     {"\xe2\x9c\x98 ", GP_TEST_FAIL},
		{"\xef\xb9\xa3 ", GP_TEST_SKIP}, {"\xe2\x97\x8b ", GP_TEST_SKIP},
		{"\xe2\x86\x93 ", GP_TEST_SKIP}, {"- ", GP_TEST_SKIP},
		{"\xe2\x9c\x8e ", GP_TEST_TODO}, {"\xe2\x9a\xa0 ", GP_TEST_TODO},
	};

	for (size_t i = 0; i < GP_COUNT(signs); i++)
		if (gp_head(*s, signs[i].sign, s))
			return (int)signs[i].state;
	return -1;
}

static bool is_number(struct gp_slice s)
{
	size_t i = 0;

	while (i < s.n && ((s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '.'))
		i++;
	return s.n > 0 && i == s.n;
}

static bool is_duration(struct gp_slice s)
{
	static const char *const units[] = {"ms", "s", "m"};

	for (size_t i = 0; i < GP_COUNT(units); i++) {
		struct gp_slice n;

		if (gp_tail(s, units[i], &n) && is_number(gp_trim(n)))
			return true;
	}
	return false;
}

struct gp_slice gp_untimed(struct gp_slice s, bool bare)
{
	struct gp_slice cut;
	const char *open;

	s = gp_trim(s);
	if (gp_tail(s, ")", &cut)) {
		open = memrchr(cut.p, '(', cut.n);
		if (open && is_duration(gp_skip(cut, (size_t)(open - cut.p) + 1)))
			s.n = (size_t)(open - s.p);
	} else if (bare) {
		open = s.n ? memrchr(s.p, ' ', s.n) : NULL;
		if (open && is_duration(gp_skip(s, (size_t)(open - s.p) + 1)))
			s.n = (size_t)(open - s.p);
	}
	return gp_trim(s);
}

enum gp_test_state gp_js_state(const struct gp_test *t)
{
	static const char *const natives[] = {"TypeError", "ReferenceError", "SyntaxError",
	                                      "RangeError", "Error: Cannot find module"};
	struct gp_slice rest = gp_slice(t->message), line;

	for (int i = 0; i < 3 && gp_line(&line, &rest); i++) {
		line = gp_trim(line);
		for (size_t k = 0; k < GP_COUNT(natives); k++)
			if (gp_head(line, natives[k], NULL))
				return GP_TEST_ERROR;
	}
	return GP_TEST_FAIL;
}

void gp_nest_open(struct gp_nest *n, size_t indent, struct gp_slice name)
{
	while (n->n && n->v[n->n - 1].indent >= indent)
		n->n--;
	if (n->n == GP_NEST)
		return;
	n->v[n->n].indent = indent;
	n->v[n->n++].name = name;
}

void gp_nest_path(struct gp_buf *out, const struct gp_nest *n, size_t indent)
{
	for (size_t i = 0; i < n->n && n->v[i].indent < indent; i++) {
		if (out->n)
			gp_buf_str(out, " > ");
		gp_buf_slice(out, n->v[i].name);
	}
}

/* bats --pretty: " ✓ name", " ✗ name", " - name (skipped: why)", and a count at the end. */
void gp_read_bats(struct gp_report *part, struct gp_slice text)
{
	struct gp_slice line, s, cap[GP_SCAN_MAX];
	struct gp_test *t = NULL;
	bool summed = false, marked = false;

	while (gp_line(&line, &text)) {
		int is = -1;

		s = gp_skip(line, 1);
		if (gp_indent(line) == 1)
			is = gp_mark(&s);
		if (is >= 0) {
			const char *why = gp_find(s, " (skipped");

			if (is == GP_TEST_SKIP && why)
				s.n = (size_t)(why - s.p);
			t = gp_report_add(part, (enum gp_test_state)is, s);
			marked |= is != GP_TEST_SKIP;
		} else if (t && t->state == GP_TEST_FAIL && gp_indent(line) >= 3) {
			gp_test_say(t, gp_skip(line, 3));
		}
		summed |= gp_scan(line, "%d test", cap) && gp_scan_in(line, ", %d failure", cap);
	}
	if (summed && marked)
		part->kind = GP_REPORT_TESTS;
	else
		gp_report_clear(part);
}

struct mocha {
	struct gp_report *r;
	struct gp_nest nest;
	size_t fails[200]; /* which test is "1)", "2)", ... */
	size_t nfails;
	struct gp_test *told;
};

static void mocha_test(struct mocha *m, enum gp_test_state state, size_t indent,
                       struct gp_slice name)
{
	gp_auto(gp_buf) path = {0};
	struct gp_test *t;

	gp_nest_path(&path, &m->nest, indent);
	t = gp_report_add_in(m->r, state, gp_buf_all(&path), gp_untimed(name, false));
	t->collect = state == GP_TEST_FAIL && gp_find(name, " hook");
	if (state == GP_TEST_FAIL && m->nfails < GP_COUNT(m->fails))
		m->fails[m->nfails++] = m->r->n - 1;
}

static void mocha_line(struct mocha *m, struct gp_slice line)
{
	struct gp_slice s, cap[GP_SCAN_MAX];
	size_t indent = gp_indent(line);
	int is;

	s = gp_trim(gp_skip(line, indent));
	if (indent < 2 || s.n == 0)
		return;
	is = gp_mark(&s);
	if (is >= 0)
		mocha_test(m, (enum gp_test_state)is, indent, s);
	else if (gp_scan(s, "%d) %*", cap) && (size_t)gp_number(cap[0]) == m->nfails + 1)
		mocha_test(m, GP_TEST_FAIL, indent, cap[1]);
	else
		gp_nest_open(&m->nest, indent, s);
}

static void mocha_why(struct mocha *m, struct gp_slice line)
{
	struct gp_slice cap[GP_SCAN_MAX];
	size_t k;

	if (gp_indent(line) == 2 && gp_scan(gp_trim(line), "%d) ", cap)) {
		k = (size_t)gp_number(cap[0]);
		m->told = k > 0 && k <= m->nfails ? &m->r->v[m->fails[k - 1]] : NULL;
	} else if (m->told && (gp_indent(line) == 5 || gp_indent(line) == 6)) {
		gp_test_say(m->told, gp_trim(line));
	}
}

void gp_read_mocha(struct gp_report *part, struct gp_slice text)
{
	struct mocha m = {.r = part};
	struct gp_slice line, cap[GP_SCAN_MAX];
	bool summed = false;

	if (!gp_find(text, " passing ("))
		return;
	while (gp_line(&line, &text)) {
		if (gp_indent(line) == 2 && gp_scan(gp_trim(line), "%d passing (", cap))
			summed = true;
		else if (summed)
			mocha_why(&m, line);
		else
			mocha_line(&m, line);
	}
	if (!summed) {
		gp_report_clear(part);
		return;
	}
	for (size_t i = 0; i < part->n; i++)
		if (part->v[i].state == GP_TEST_FAIL)
			part->v[i].state =
				part->v[i].collect ? GP_TEST_ERROR : gp_js_state(&part->v[i]);
	part->kind = GP_REPORT_TESTS;
}

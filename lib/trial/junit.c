#include <expat.h>
#include <string.h>

#include "lib/trial/read.h"

#define DEEP 64

struct junit {
	struct gp_report *r;
	XML_Parser parser;
	struct gp_list suites; /* names of the open <testsuite> elements */
	struct gp_buf text;
	struct gp_test *test; /* open <testcase> */
	size_t depth;
	bool rooted, foreign, doctype, deep;
	bool told; /* text belongs to the message */
	bool failed, errored, todo, skipped, unrun;
};

static const char *attribute(const char **atts, const char *name)
{
	for (; atts && *atts; atts += 2)
		if (strcmp(*atts, name) == 0)
			return atts[1];
	return "";
}

static bool one_of(const char *s, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(s, *words) == 0)
			return true;
	return false;
}

/* Without a class of its own (node says "test" for all) a test is named by its suites. */
static void open_test(struct junit *j, const char **atts)
{
	const char *name = attribute(atts, "name"), *class = attribute(atts, "classname");
	gp_auto(gp_buf) path = {0};

	if (strcmp(class, "test") != 0 && *class) {
		if (strcmp(class, name) != 0)
			gp_buf_str(&path, class);
	} else {
		for (size_t i = 0; i < j->suites.n; i++)
			if (*j->suites.v[i] && strcmp(j->suites.v[i], "pytest") != 0)
				gp_buf_fmt(&path, "%s%s", path.n ? " > " : "", j->suites.v[i]);
	}
	j->failed = j->errored = j->todo = j->skipped = j->unrun = false;
	j->test = gp_report_add_in(j->r, GP_TEST_PASS, gp_buf_all(&path), gp_slice(name));
	if (strcmp(attribute(atts, "status"), "disabled") == 0 ||
	    strcmp(attribute(atts, "status"), "notrun") == 0)
		j->skipped = true;
	if (strcmp(attribute(atts, "result"), "suppressed") == 0)
		j->skipped = true;
}

static void outcome(struct junit *j, const char *name, const char **atts)
{
	const char *type = attribute(atts, "type"), *why = attribute(atts, "message");

	/* PHPUnit warns of a class without tests */
	if (strcmp(name, "skipped") == 0 || strcmp(name, "warning") == 0) {
		j->skipped = true;
		j->todo |= strcmp(type, "todo") == 0 || strcmp(type, "pytest.xfail") == 0;
		/* ctest says so of a program that was not built */
		j->unrun |= gp_starts(why, "Unable to find executable");
	} else {
		j->failed |= strcmp(name, "failure") == 0;
		j->errored |= strcmp(name, "error") == 0;
	}
	if (!j->test && j->suites.n) {
		j->test =
			gp_report_add(j->r, GP_TEST_ERROR, gp_slice(j->suites.v[j->suites.n - 1]));
		j->test->collect = true;
	}
	if (j->test) {
		gp_test_say(j->test, gp_slice(why));
		j->unrun |= gp_starts(why, "collection failure") ||
		            gp_starts(why, "failed on setup") ||
		            gp_starts(why, "failed on teardown");
	}
	j->told = j->test != NULL;
}

static void XMLCALL on_start(void *ctx, const char *name, const char **atts)
{
	static const char *const roots[] = {"testsuites", "testsuite", "testrun", NULL};
	static const char *const outcomes[] = {"failure", "error", "skipped", "warning", NULL};
	struct junit *j = ctx;

	if (!j->rooted && !one_of(name, roots))
		j->foreign = true;
	j->rooted = true;
	j->deep |= ++j->depth > DEEP;
	if (j->foreign || j->deep) {
		XML_StopParser(j->parser, XML_FALSE);
		return;
	}
	gp_buf_cut(&j->text, 0);
	j->told = false;
	if (strcmp(name, "testsuite") == 0)
		gp_list_add(&j->suites, attribute(atts, "name"));
	else if (strcmp(name, "testcase") == 0)
		open_test(j, atts);
	else if (one_of(name, outcomes))
		outcome(j, name, atts);
	else
		j->told = j->test &&
		          (strcmp(name, "system-out") == 0 || strcmp(name, "system-err") == 0);
}

/* Exceptions that are no assertion are errors, however the runner files them (node: failures). */
static bool is_native(struct gp_slice text)
{
	static const char *const names[] = {"cause: TypeError", "cause: ReferenceError",
	                                    "cause: SyntaxError", "cause: RangeError"};

	for (size_t i = 0; i < GP_COUNT(names); i++)
		if (gp_find(text, names[i]))
			return true;
	return false;
}

static void close_test(struct junit *j)
{
	struct gp_test *t = j->test;
	struct gp_slice why = gp_slice(t->message);

	if (j->unrun) {
		t->state = GP_TEST_ERROR;
		t->collect = true;
	} else if (j->todo || (j->skipped && !j->failed && !j->errored)) {
		t->state = j->todo ? GP_TEST_TODO : GP_TEST_SKIP;
	} else if (j->failed || j->errored) {
		t->collect = gp_find(why, "test failed\n") == why.p ||
		             gp_ends(t->id, "Test suite failed to run") ||
		             strcmp(t->id, "TestMain") == 0;
		t->state =
			t->collect || !j->failed || is_native(why) ? GP_TEST_ERROR : GP_TEST_FAIL;
	}
	if (t->state != GP_TEST_FAIL && t->state != GP_TEST_ERROR) {
		gp_free(t->message);
		t->message = NULL;
	}
	j->test = NULL;
}

static void pop(struct gp_list *l)
{
	if (l->n)
		gp_free(l->v[--l->n]);
}

static void XMLCALL on_end(void *ctx, const char *name)
{
	struct junit *j = ctx;
	struct gp_slice rest = gp_buf_all(&j->text), line;

	j->depth--;
	while (j->told && j->test && gp_line(&line, &rest))
		gp_test_say(j->test, line);
	gp_buf_cut(&j->text, 0);
	j->told = false;
	if (strcmp(name, "testcase") == 0 && j->test)
		close_test(j);
	if (strcmp(name, "testsuite") == 0) {
		pop(&j->suites);
		j->test = NULL;
	}
}

static void XMLCALL on_text(void *ctx, const char *s, int n)
{
	struct junit *j = ctx;

	if (j->told && j->text.n + (size_t)n <= 8 * GP_MESSAGE_MAX)
		gp_buf_add(&j->text, s, (size_t)n);
}

static void XMLCALL on_doctype(void *ctx, const char *name, const char *system_id,
                               const char *public_id, int internal)
{
	struct junit *j = ctx;

	(void)name;
	(void)system_id;
	(void)public_id;
	(void)internal;
	j->doctype = true;
	XML_StopParser(j->parser, XML_FALSE);
}

static int refuse(const struct junit *j)
{
	if (j->doctype)
		return gp_fail(GP_INVALID, "cannot read a test report: it has a DOCTYPE");
	if (j->foreign)
		return gp_fail(GP_INVALID, "cannot read a test report: it is not JUnit");
	if (j->deep)
		return gp_fail(GP_LIMIT, "cannot read a test report: deeper than %d levels", DEEP);
	return gp_fail(GP_INVALID, "cannot read a test report: line %lu: %s",
	               (unsigned long)XML_GetCurrentLineNumber(j->parser),
	               XML_ErrorString(XML_GetErrorCode(j->parser)));
}

static bool broke_off(const struct junit *j)
{
	enum XML_Error e = XML_GetErrorCode(j->parser);

	return j->rooted && (e == XML_ERROR_NO_ELEMENTS || e == XML_ERROR_UNCLOSED_TOKEN ||
	                     e == XML_ERROR_PARTIAL_CHAR || e == XML_ERROR_UNCLOSED_CDATA_SECTION);
}

static int parse(struct junit *j, struct gp_slice xml)
{
	if (XML_Parse(j->parser, xml.p, (int)xml.n, XML_TRUE) == XML_STATUS_OK)
		return 0;
	if (j->doctype || j->foreign || j->deep || !broke_off(j))
		return refuse(j);
	j->r->incomplete = true;
	if (j->test && j->r->n && j->test == &j->r->v[j->r->n - 1]) {
		gp_free(j->test->id);
		gp_free(j->test->message);
		j->r->n--;
	}
	return 0;
}

static int parse_as(struct gp_report *part, enum XML_Error *why, struct gp_slice xml,
                    const char *encoding)
{
	struct junit j = {.r = part, .parser = XML_ParserCreate(encoding)};
	int e;

	*why = XML_ERROR_NONE;
	if (!j.parser)
		return gp_fail(GP_FAILED, "cannot read a test report: no XML parser");
	XML_SetUserData(j.parser, &j);
	XML_SetElementHandler(j.parser, on_start, on_end);
	XML_SetCharacterDataHandler(j.parser, on_text);
	XML_SetStartDoctypeDeclHandler(j.parser, on_doctype);
	e = parse(&j, xml);
	if (e)
		*why = XML_GetErrorCode(j.parser);
	XML_ParserFree(j.parser);
	gp_list_clear(&j.suites);
	gp_buf_clear(&j.text);
	return e;
}

/* Control characters, which XML cannot hold, become blanks. */
static void without_controls(struct gp_buf *out, struct gp_slice xml)
{
	gp_buf_slice(out, xml);
	for (size_t i = 0; i < out->n; i++)
		if ((unsigned char)out->p[i] < ' ' && !memchr("\t\r\n", out->p[i], 3))
			out->p[i] = ' ';
}

/* What reporters get wrong and still can be read: a declared encoding that the file does not have
 * (.NET) or that the parser does not know, raw control characters, bytes that are no UTF-8. */
static int parse_again(struct gp_report *part, struct gp_slice xml, enum XML_Error why, int e)
{
	gp_auto(gp_buf) clean = {0};
	const char *encoding = gp_utf8_valid(xml) ? "UTF-8" : "ISO-8859-1";

	if (why != XML_ERROR_INCORRECT_ENCODING && why != XML_ERROR_UNKNOWN_ENCODING &&
	    why != XML_ERROR_INVALID_TOKEN)
		return e;
	gp_report_clear(part);
	part->kind = GP_REPORT_TESTS;
	without_controls(&clean, xml);
	return parse_as(part, &why, gp_buf_all(&clean), encoding);
}

int gp_report_junit(struct gp_report *out, struct gp_slice xml)
{
	gp_auto(gp_report) part = {.kind = GP_REPORT_TESTS};
	enum XML_Error why;
	int e;

	if (xml.n > GP_BUF_MAX)
		return gp_fail(GP_LIMIT, "cannot read a test report: more than 64 MiB");
	e = parse_as(&part, &why, xml, NULL);
	if (e)
		e = parse_again(&part, xml, why, e);
	if (e)
		return e;
	gp_report_join(out, &part, "junit");
	return gp_report_finish(out);
}

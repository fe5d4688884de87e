#include "lib/preview/init.h"

#include <string.h>

#include "lib/base/data.h"
#include "lib/base/term_text.h"
#include "lib/sandbox/sandbox.h"
#include "lib/trial/detect.h"

#define JOB_MAX ((size_t)64 << 10)

/* Whether the line says just that: a long one cannot be read, and blanks at its ends are none. */
static bool can_be_set(struct gp_slice line, const char *key, const char *value)
{
	gp_auto(gp_buf) text = {0}, name = {0};
	gp_auto_conf struct gp_conf *conf = NULL;

	gp_buf_fmt(&text, "[test]\n%.*s", (int)line.n, line.p);
	gp_buf_fmt(&name, "test.%s", key);
	return gp_conf_new(&conf) == 0 &&
	       gp_conf_read(conf, gp_buf_all(&text), "", GP_FROM_REPO) == 0 &&
	       strcmp(gp_conf_str(conf, gp_buf_text(&name)), value) == 0;
}

/* One setting of [test] with what it is; one that was not found is an example to fill in. */
static void put(struct gp_buf *out, const char *what, const char *key, const char *value,
                const char *from, const char *example)
{
	gp_auto(gp_buf) line = {0}, where = {0};

	gp_term_one_line(&where, gp_slice(from));
	gp_buf_fmt(out, "# %s\n", what);
	if (!value) {
		gp_buf_fmt(out, "#%s = %s\n", key, example);
		return;
	}
	gp_buf_fmt(&line, "%s = %s\n", key, value);
	if (can_be_set(gp_buf_all(&line), key, value))
		gp_buf_fmt(out, "# Found: %s\n%s", gp_buf_text(&where), gp_buf_text(&line));
	else
		gp_buf_fmt(out, "# Found, and too long or too strange for a line here: %s\n#%s =\n",
		           gp_buf_text(&where), key);
}

static void put_tests(struct gp_buf *out, const struct gp_project *p)
{
	gp_buf_str(out, "\n[test]\n");
	put(out, "All tests.", "command", p->suite, p->suite_from, "make -s check");
	put(out, "Some tests; {files} is where their paths go. Without it all of them run.", "new",
	    p->only, p->only_from, "make -s check TESTS=\"{files}\"");
	put(out,
	    "Runs once on the base, with network, before anything that a model wrote is there.",
	    "setup", p->setup, p->setup_from, "npm ci");
	gp_buf_fmt(
		out,
		"# How results are told: auto, tap, junit:<glob of files>, exit (a status only).\n"
		"#report = %s\n"
		"# Which files are tests, where the usual names do not say it:\n"
		"#paths = checks/** *_check.py\n",
		p->report ? p->report : "auto");
}

/* Every user has the kind that works for him, so none is written down. */
static int put_sandbox(struct gp_buf *out, const struct gp_init_options *o)
{
	gp_auto_sandbox struct gp_sandbox *s = NULL;
	int e = gp_preview_sandbox(&s, o->repo, o->conf, o->term);

	if (e == GP_STOPPED)
		return e;
	if (e)
		gp_term_warn(o->term, "no sandbox works here: %s", gp_message());
	gp_buf_fmt(out,
	           "\n[sandbox]\n"
	           "# Found where this was written: %s. The kind is a setting of each user.\n"
	           "# Docker and Podman need an image that has what the tests need:\n"
	           "#image = registry.example.com/team/tests:1\n",
	           s ? gp_sandbox_name(s) : "none");
	return 0;
}

int gp_init_settings(struct gp_buf *out, const struct gp_init_options *o)
{
	gp_auto(gp_project) project = {0};
	struct gp_oid tree;
	int e = gp_repo_resolve(NULL, &tree, o->repo, "HEAD");

	if (e)
		return e;
	e = gp_detect(&project, o->repo, &tree, o->conf);
	if (e == GP_NOTFOUND)
		gp_term_warn(o->term, "%s", gp_message());
	else if (e)
		return e;
	gp_buf_str(
		out,
		"# .codexflow.ini - how git preview tests this project and what it may do here.\n"
		"# Written by `git preview --init`; yours from here on. `man codexflow.ini` has\n"
		"# every setting, `git preview --settings` tells which value holds and why.\n"
		"# A comment is a line of its own: behind a value it would be part of it.\n");
	put_tests(out, &project);
	e = put_sandbox(out, o);
	gp_buf_fmt(
		out,
		"\n[preview]\n"
		"# Names of branches begin with:\n#prefix = %s\n"
		"# Lines a change may add; beyond it a request is to be split:\n#max-lines = %s\n",
		gp_conf_str(o->conf, "preview.prefix"), gp_conf_str(o->conf, "preview.max-lines"));
	return e;
}

/* Puts with in the place of every mark. */
static void fill_in(struct gp_buf *text, const char *mark, const char *with)
{
	gp_auto(gp_buf) old = *text;
	struct gp_slice rest = gp_buf_all(&old);

	*text = (struct gp_buf){0};
	for (const char *at; (at = gp_find(rest, mark)); rest.p = at + strlen(mark)) {
		gp_buf_add(text, rest.p, (size_t)(at - rest.p));
		gp_buf_str(text, with);
		rest.n -= (size_t)(at - rest.p) + strlen(mark);
	}
	gp_buf_slice(text, rest);
}

int gp_init_ci(struct gp_buf *out, const struct gp_init_options *o)
{
	const char *prefix = gp_conf_str(o->conf, "preview.prefix");
	gp_auto(gp_buf) path = {0}, name = {0}, pattern = {0};
	int e;

	for (const char *p = prefix; *p; p++) {
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./",
		            *p))
			return gp_fail(GP_INVALID,
			               "cannot write preview.prefix '%s' as a pattern of branches",
			               prefix);
		gp_buf_fmt(&pattern, "%s%c", *p == '/' || *p == '.' ? "\\" : "", *p);
	}
	gp_buf_fmt(&name, "ci-%s.yml", o->ci);
	e = gp_data_read(out, &path, NULL, gp_buf_text(&name), JOB_MAX);
	if (e)
		return e;
	fill_in(out, "@PREFIX@", prefix);
	fill_in(out, "@PATTERN@", gp_buf_text(&pattern));
	fill_in(out, "@VERSION@", GP_VERSION);
	return 0;
}

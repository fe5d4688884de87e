/*
 * trialcase.h - the cases of tests/cases/trial: what a run printed and what must be made of it.
 *
 * "key value" lines, then sections. Keys: exit, signal, timeout, truncated, infra; kind, format,
 * counts (passed failed errors skipped), flags (bailed, incomplete), test (state and id; "collect"
 * for an error outside any test), tests (how many ids in all), verdict, symbol, reason (words in
 * it), line (words in the lines shown), low. Sections begin with "--- output", "--- junit" or
 * "--- file <path>" and go on to the next; their last line end belongs to them. Inside, \e stands
 * for the escape character.
 */
#ifndef TRIALCASE_H
#define TRIALCASE_H

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/changes.h"
#include "lib/base/file.h"
#include "lib/trial/report.h"

#include <fcntl.h>

struct trialcase {
	struct gp_list keys; /* "key value" lines */
	struct gp_buf output;
	struct gp_list junit;
	struct gp_changes files;
};

static inline void trialcase_clear(struct trialcase *c)
{
	gp_list_clear(&c->keys);
	gp_list_clear(&c->junit);
	gp_buf_clear(&c->output);
	gp_changes_clear(&c->files);
}

static inline void trialcase_section(struct trialcase *c, struct gp_slice head, struct gp_buf *body)
{
	gp_auto(gp_buf) text = {0};

	for (size_t i = 0; i < body->n; i++) {
		bool esc = body->p[i] == '\\' && i + 1 < body->n && body->p[i + 1] == 'e';

		gp_buf_chr(&text, esc ? '\x1b' : body->p[i]);
		i += esc;
	}
	gp_buf_cut(body, 0);
	if (gp_slice_is(head, "output"))
		gp_buf_slice(&c->output, gp_buf_all(&text));
	else if (gp_slice_is(head, "junit"))
		gp_list_addn(&c->junit, gp_buf_text(&text), text.n);
	else if (head.n > 5) {
		gp_auto_str char *path = gp_strndup(head.p + 5, head.n - 5);

		gp_changes_set(&c->files, path, 0100644, gp_buf_all(&text));
	}
}

static inline void trialcase_parse(struct trialcase *c, struct gp_slice text)
{
	gp_auto(gp_buf) body = {0};
	struct gp_slice line, head = {0};

	while (gp_line(&line, &text)) {
		if (line.n > 4 && memcmp(line.p, "--- ", 4) == 0 &&
		    (gp_slice_is((struct gp_slice){line.p + 4, line.n - 4}, "output") ||
		     gp_slice_is((struct gp_slice){line.p + 4, line.n - 4}, "junit") ||
		     (line.n > 9 && memcmp(line.p + 4, "file ", 5) == 0))) {
			trialcase_section(c, head, &body);
			head = (struct gp_slice){line.p + 4, line.n - 4};
		} else if (head.n) {
			gp_buf_slice(&body, line);
			gp_buf_chr(&body, '\n');
		} else if (line.n && line.p[0] != '#') {
			gp_list_addn(&c->keys, line.p, line.n);
		}
	}
	trialcase_section(c, head, &body);
}

/* The value of the n-th line of that key, or NULL. */
static inline const char *trialcase_get(const struct trialcase *c, const char *key, size_t n)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < c->keys.n; i++)
		if (gp_starts(c->keys.v[i], key) &&
		    (c->keys.v[i][len] == ' ' || !c->keys.v[i][len]) && n-- == 0)
			return c->keys.v[i] + len + (c->keys.v[i][len] == ' ');
	return NULL;
}

/* The report as a trial would read it: JUnit files when there are any, else the output. */
static inline int trialcase_report(struct gp_report *r, const struct trialcase *c)
{
	int e = 0;

	for (size_t i = 0; i < c->junit.n && !e; i++)
		e = gp_report_junit(r, gp_slice(c->junit.v[i]));
	if (c->junit.n == 0)
		e = gp_report_read(r, gp_buf_all(&c->output));
	if (trialcase_get(c, "exitonly", 0))
		r->format = "exit";
	return e;
}

/* Calls fn for every case; returns how many there were. */
static inline size_t trialcase_each(int (*fn)(const char *name, const struct trialcase *c),
                                    int *failures)
{
	glob_t g;
	size_t n;

	if (glob("tests/cases/trial/*.case", 0, NULL, &g) != 0)
		return 0;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		gp_auto(gp_buf) text = {0};
		gp_auto(trialcase) c = {0};

		if (gp_file_read(&text, AT_FDCWD, g.gl_pathv[i], 4 << 20, false)) {
			printf("# cannot read %s\n", g.gl_pathv[i]);
			++*failures;
			continue;
		}
		trialcase_parse(&c, gp_buf_all(&text));
		*failures += fn(g.gl_pathv[i], &c);
	}
	n = g.gl_pathc;
	globfree(&g);
	return n;
}

static inline void trialcase_show(const struct gp_report *r)
{
	static const char *const words[] = {"pass", "fail", "error", "skip", "todo"};

	printf("#   kind %d format %s counts %ld %ld %ld %ld%s%s\n", r->kind,
	       r->format ? r->format : "-", r->passed, r->failed, r->errors, r->skipped,
	       r->bailed ? " bailed" : "", r->incomplete ? " incomplete" : "");
	for (size_t i = 0; i < r->n; i++)
		printf("#   test %s %s\n", r->v[i].collect ? "collect" : words[r->v[i].state],
		       r->v[i].id);
}

#endif

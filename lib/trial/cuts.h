/*
 * cuts.h - the ways to take a piece of an implementation away, from its texts. Inside lib/trial.
 * Pure.
 *
 * Hunks are runs of lines that git's diff without context finds. One that only adds lines, such as
 * a new file, is cut further, before each line that follows a blank one and stands as far left as
 * its first: paragraphs of a script, functions of a module. Hunks of blank lines and comments are
 * left out, and files for readers. What is no text (binary, links, over a megabyte), a deleted file
 * and a new one of a language not known are one hunk each.
 *
 * Mutants change one line of code that was added, outside comments, strings, imports and
 * declarations; of a line that was changed, what is new in it. Of all that come to mind GP_MUTANTS
 * are chosen, always the same: other lines first, then other kinds, then by a hash.
 */
#ifndef GP_TRIAL_CUTS_H
#define GP_TRIAL_CUTS_H

#include "lib/repo/repo.h"
#include "lib/trial/source.h"

#define GP_MUTANTS 8
#define GP_CUT_TEXT ((size_t)1 << 20) /* bytes of a file that is cut into hunks */
#define GP_CUT_HUNKS 256              /* of one implementation */

struct gp_cut {
	char *path;
	long first, last; /* lines of the new text, from 1; where lines went only, the one before;
	                     0: the whole file */
	size_t lines;     /* that come and go */
	const char *what; /* of a mutant: what was done to it; NULL: a hunk */
	bool back;        /* the file is as it was before; else: */
	size_t at, n;     /* these bytes of the new text are replaced */
	struct gp_buf put;
	bool unnoticed; /* for whoever runs it */
};

struct gp_cuts {
	struct gp_cut *v;
	size_t n, cap;
	size_t left_out; /* for which there was no room */
};
void gp_cuts_clear(struct gp_cuts *c);
/* Adds one; valid until the next. NULL when there are most already. */
struct gp_cut *gp_cuts_add(struct gp_cuts *c, const char *path, long first, long last, size_t most);

/* One side of a changed file. mode 0: not there. */
struct gp_cut_side {
	unsigned mode;
	struct gp_slice text;
};
/* Adds the hunks between two versions of a file. 0 or GP_FAILED. */
int gp_cuts_hunks(struct gp_cuts *out, const char *path, const struct gp_cut_side *old,
                  const struct gp_cut_side *new);
/* Smallest first, then by path and line. */
void gp_cuts_sort(struct gp_cuts *c);

/* Adds every mutant of the lines of this file that a hunk brought and whose absence was not found
 * unnoticed. */
void gp_cuts_mutants(struct gp_cuts *out, const char *path, struct gp_slice new,
                     const struct gp_cuts *hunks);
/* Keeps the GP_MUTANTS best. */
void gp_cuts_choose(struct gp_cuts *c);

/* Appends the new text with the cut made; back and whole files have none. */
void gp_cut_text(struct gp_buf *out, const struct gp_cut *c, struct gp_slice new);

/* mutate.c: adds what can be done to line i. */
void gp_mutate_line(struct gp_cuts *out, const char *path, const struct gp_source *c, size_t i);

#endif

/*
 * strength.h - how well new tests hold an implementation: it is taken away piece by piece, and each
 * time the tests are run.
 *
 * First each hunk, smallest first, then up to eight mutants on the lines of hunks that were not
 * found unnoticed (cuts.h says what they are). A run that passes as green did has noticed nothing;
 * one in which a test fails has; one that cannot be built, loaded or found, or does not end, is
 * broken by it, which says nothing of the test. Of mutants only runs of tests count, those that do
 * not end among the noticed ones. What the surroundings stop counts as not tried.
 *
 * Runs take place on the loop, several at once, and all end with the time box.
 */
#ifndef GP_STRENGTH_H
#define GP_STRENGTH_H

#include "lib/trial/trial.h"

#define GP_STRENGTH_CORES 64 /* runs at once, at most */

struct cJSON;

/* Lines of a file; first 0: all of it. */
struct gp_spot {
	char *path;
	long first, last;
	const char *what; /* of a mutant: what was done; static */
};
struct gp_spots {
	struct gp_spot *v;
	size_t n, cap;
};
/* Adds one, its path copied; sorts by path and line. */
void gp_spots_add(struct gp_spots *s, const char *path, long first, long last, const char *what);
void gp_spots_sort(struct gp_spots *s);
/* Appends "tasks.py:12", "tasks.py:12-14", "data.json". */
void gp_spot_text(struct gp_buf *out, const struct gp_spot *s);

struct gp_strength {
	size_t hunks; /* noticed + broken + left + unnoticed.n */
	size_t noticed, broken, left;
	size_t mutants, killed;    /* that ran; that a test noticed */
	struct gp_spots unnoticed; /* hunks, by path and line */
	struct gp_spots survived;  /* mutants, the same way */
	struct gp_list asserted;   /* tests that were seen to fail by an assertion, 200 at most */
	bool assertion;            /* one failed so, whose name is not known */
	long ms;                   /* from start to end */
};
void gp_strength_clear(struct gp_strength *s);
/* Whether anything is known: not when nothing was tried, or there was nothing to try. */
bool gp_strength_known(const struct gp_strength *s);
/* Appends "2 of 4 hunks noticed, 1 breaks the build, 1 not tried; 5 of 6 mutants noticed". */
void gp_strength_words(struct gp_buf *out, const struct gp_strength *s);
/* The same as an object: hunks, noticed, broken, left, mutants, killed, unnoticed and survived
 * (arrays of path, first, last; with what), ms. The caller's. */
struct cJSON *gp_strength_json(const struct gp_strength *s);
/* Whether a test failed by an assertion that did not pass in before (the suite on the base). */
bool gp_strength_asserts(const struct gp_strength *s, const struct gp_report *before);

struct gp_measure;

struct gp_measure_spec {
	struct gp_repo *repo;
	struct gp_bench *bench;
	struct gp_loop *loop;
	const struct gp_oid *before;         /* tree without the implementation; for the call */
	const struct gp_changes *changes;    /* all, over the base of the bench; borrowed */
	const struct gp_changes *tests;      /* the tests among them; borrowed */
	const char *command;                 /* of the tests; copied */
	const struct gp_trial_result *green; /* of the same command; for the call */
	long box_ms;                         /* 0: nothing is run */
	size_t cores;                        /* runs at once; at least 1 */
	void (*progress)(void *ctx, size_t over, size_t all); /* may be NULL */
	void *ctx;
};

/* Cuts the implementation up and starts to run; done (ctx, s) comes once from the loop, and s is
 * the callee's to keep (copy and zero). 0, or GP_FAILED, GP_LIMIT: a file could not be read. */
int gp_measure_start(struct gp_measure **out, const struct gp_measure_spec *spec,
                     void (*done)(void *ctx, struct gp_strength *s));
/* So many runs at once from here on. */
void gp_measure_widen(struct gp_measure *m, size_t cores);
/* Ends it without done; *known (may be NULL; cleared first) gets what is known by then. */
void gp_measure_stop(struct gp_measure **m, struct gp_strength *known);

#endif

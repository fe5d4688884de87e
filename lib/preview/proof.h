/*
 * proof.h - inside lib/preview: what four runs say together. Pure: they are judged the same way
 * while a preview is made and when it is proven again.
 */
#ifndef GP_PREVIEW_PROOF_H
#define GP_PREVIEW_PROOF_H

#include "lib/trial/flaky.h"
#include "lib/trial/trial.h"

/* Borrowed. base: the suite on the base; red and green: the new tests without and with the
 * implementation; suite: all with it. Where the project cannot run some tests alone (suite_wide),
 * red and green are runs of the suite, too. */
struct gp_proof_runs {
	const struct gp_trial_result *base, *red, *green, *suite;
	bool suite_wide;
	/* of a red that was a missing name: an assertion was seen to fail when the implementation
	 * was taken away in pieces; the implementation does not add the name */
	bool asserted, alien;
	const struct gp_flaky *flaky; /* old tests that are not blamed; NULL: none */
};

/* Whether red fails by something that the base does not fail by. Needs base and red. */
bool gp_proof_red_is_new(const struct gp_proof_runs *p);
/* Whether every test that was red is there and passes in after (green or suite); adds those that
 * are not. Where red was a missing name, some test must run that did not run before. */
bool gp_proof_reds_pass(struct gp_list *lost, const struct gp_proof_runs *p,
                        const struct gp_trial_result *after);
/* Whether green is one: it passes, with all that was red, or fails only what the base fails. */
bool gp_proof_green(struct gp_list *lost, const struct gp_proof_runs *p);
/* Whether the suite passes, or fails as the base does, by the same tests and flaky ones alone. Says
 * nothing of tests that vanished: gp_suite_holds does. */
bool gp_proof_suite_passes(const struct gp_proof_runs *p);
/* Adds the tests that passed in base and do not in suite, flaky ones left out. Whether there are
 * none. */
bool gp_proof_holds(struct gp_list *failed, struct gp_list *vanished,
                    const struct gp_proof_runs *p);
/* Adds, as words for people, what these runs leave unproven though all of the above hold. */
void gp_proof_weigh(struct gp_list *weak, const struct gp_proof_runs *p);

#endif

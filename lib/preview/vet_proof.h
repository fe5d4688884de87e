/*
 * vet_proof.h - a preview that is pushed is proven: here before, or now.
 */
#ifndef GP_PREVIEW_VET_PROOF_H
#define GP_PREVIEW_VET_PROOF_H

#include "lib/preview/vet.h"

/* Of what a pre-push hook reads (valid lines) takes all that goes below the preview prefix,
 * deletions apart. A preview that was proven here just as it is (proven.h) passes. Any other is
 * proven now in the sandbox, within vet.proof-time, or, with vet.proof set to require, does not
 * pass; what is no preview cannot be proven. The notes that came along prove nothing.
 * GP_STATUS_OK, GP_STATUS_NO, GP_STATUS_SANDBOX (nothing is known), GP_STATUS_FATAL (the time is
 * over, too), GP_STATUS_STOPPED; the message is printed. */
enum gp_status gp_vet_proof(const struct gp_vet_options *o, struct gp_slice input);

#endif

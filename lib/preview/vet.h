/*
 * vet.h - what may leave: the commits of a push are looked at before anybody else can.
 *
 * Not the tip but every commit counts, as all of them become public: what each adds to its parents'
 * files, their names, and its message; also what tags say, and names of refs. Binary files and
 * those above 16 MiB are looked at in their first 64 KiB. A scan that cannot be done is an error,
 * never a pass.
 */
#ifndef GP_PREVIEW_VET_H
#define GP_PREVIEW_VET_H

#include "lib/base/conf.h"
#include "lib/base/term.h"
#include "lib/preview/preview.h"
#include "lib/repo/repo.h"
#include "lib/vet/findings.h"

struct gp_vet_options {
	struct gp_repo *repo;
	struct gp_conf *conf;
	struct gp_term *term;
	const struct gp_list *settings; /* -c of the command line, for who proves again */
	const struct gp_list *names;    /* of refs that are pushed; NULL: none is looked at */
	bool preview; /* the commits are of a preview branch: vet.max-lines holds */
};

struct gp_vetted {
	struct gp_findings findings;
	size_t commits, files, bytes, partly; /* partly: looked at in their first bytes only */
	struct gp_list bases;                 /* what the commits stand on; none: on nothing */
	struct gp_list hidden;                /* credentials in names: no output may have them */
};
void gp_vetted_clear(struct gp_vetted *v);

/* Looks at the commits of a history. 0 (whatever was found), GP_STOPPED, GP_NOTFOUND, GP_INVALID,
 * GP_LIMIT, GP_FAILED: then nothing is known about the rest. */
int gp_vet_history(struct gp_vetted *out, const struct gp_vet_options *o,
                   const struct gp_history *h);

/* Prints the findings, and with verbose what was looked at. GP_STATUS_OK, or GP_STATUS_NO when one
 * blocks. results: a line each on standard output, as the answer; else on standard error, those
 * that are only worth a look together on one line. */
enum gp_status gp_vet_answer(const struct gp_vet_options *o, const struct gp_vetted *v,
                             bool results);

/* --check: the commits of a range ("A..B"; one revision: what leads to it and no remote has).
 * --scan: a text by itself, path being its name. GP_STATUS_OK, GP_STATUS_NO, GP_STATUS_FATAL,
 * GP_STATUS_STOPPED. */
enum gp_status gp_vet_check(const struct gp_vet_options *o, const char *range);
enum gp_status gp_vet_scan(const struct gp_vet_options *o, struct gp_slice text, const char *path);

/* What a pre-push hook reads: "<local ref> <local id> <remote ref> <remote id>" a line, ids of 40
 * or 64 digits, zeros for "none". Appends what is pushed to tips and what was there to hidden. 0 or
 * GP_INVALID. Pure. */
int gp_vet_read_pushes(struct gp_history *out, struct gp_slice input);
/* --pre-push: vets what input says goes to remote (a name, or an address where it has none);
 * findings on standard error. When nothing blocks, each preview is to be proven, as vet_proof.h
 * says. Statuses as above and of that. */
enum gp_status gp_vet_pushes(const struct gp_vet_options *o, const char *remote,
                             struct gp_slice input);

#endif

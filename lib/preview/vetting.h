/*
 * vetting.h - inside lib/preview: a vetting under way, shared by the walk and what looks at texts.
 */
#ifndef GP_PREVIEW_VETTING_H
#define GP_PREVIEW_VETTING_H

#include "lib/preview/vet.h"
#include "lib/vet/secrets.h"
#include "lib/vet/shape.h"

struct gp_vetting {
	const struct gp_vet_options *o;
	struct gp_vetted *out;
	struct gp_secrets *secrets; /* NULL: not asked for */
	bool blocks;                /* secrets do */
	bool shape, shape_blocks;
	size_t large;
	long long max_lines; /* 0: any */
	struct gp_allow *allow;
	size_t nallow;
	long long now_s;
};
void gp_vetting_clear(struct gp_vetting *v);

/* Reads the settings and loads what they ask for. 0, GP_INVALID (an entry of vet.allow), or why the
 * rules cannot be had. v is to be cleared in any case. */
int gp_vetting_open(struct gp_vetting *v, const struct gp_vet_options *o, struct gp_vetted *out);

/* A text of a commit (NULL: of none): what is new in it. old holds what its line may have been
 * before: a credential that stands there already is not added. */
struct gp_vet_text {
	const char *commit, *path;
	struct gp_slice text;
	const struct gp_slice *old;
	size_t nold;
	bool name; /* the text is the path itself */
};
/* As gp_secrets_scan. */
int gp_vetting_text(struct gp_vetting *v, const struct gp_vet_text *t);
/* What is worth a second look in a file, once for each path. */
void gp_vetting_shape(struct gp_vetting *v, const struct gp_shape_file *f);
/* Whether a preview adds more lines of code than it may. */
void gp_vetting_lines(struct gp_vetting *v, long long added);
/* Keeps a finding that is not known yet and that vet.allow does not allow. */
void gp_vetting_add(struct gp_vetted *out, const struct gp_vet_options *o,
                    const struct gp_finding *f);

#endif

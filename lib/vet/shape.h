/*
 * shape.h - what about a change is worth a second look, whatever its lines say: size, modes, line
 * ends, and files that make other machines run something. Pure.
 */
#ifndef GP_VET_SHAPE_H
#define GP_VET_SHAPE_H

#include "lib/vet/findings.h"

struct gp_shape_file {
	const char *commit, *path;
	unsigned old_mode, new_mode; /* as git has them; 0: not there */
	bool read;                   /* old and new hold the bytes, or the first of them */
	struct gp_slice old, new;
	size_t size; /* of the new form, in bytes */
};

/* Appends what is found in a file: kind "shape", rules large-file (above large bytes; 0: none is),
 * binary-file (a new one), line-endings (turned over in most lines), executable, link, submodule,
 * workflow (what a code host runs) and hook. shown is a word about it, print the path's. */
void gp_shape_look(struct gp_findings *out, const struct gp_shape_file *f, size_t large,
                   bool blocks);

/* Whether lines of a file count as code for the line guard: no test, example, document, lock or
 * generated file. */
bool gp_shape_counts(const char *path);

#endif

/*
 * names.h - errors about names that do not exist, in the words of compilers and interpreters.
 * Inside lib/trial.
 */
#ifndef GP_NAMES_H
#define GP_NAMES_H

#include "lib/base/changes.h"
#include "lib/trial/scan.h"

enum gp_name_kind {
	GP_NAME_NONE,    /* no such error */
	GP_NAME_MISSING, /* a name that an implementation could add */
	GP_NAME_SYNTAX,  /* text that cannot be read, or a fixture that does not exist */
	GP_NAME_OWN,     /* a name that only the test itself should define or import */
};

struct gp_name {
	enum gp_name_kind kind;
	char symbol[128];     /* "" when the error names none */
	struct gp_slice line; /* the line that says so, in the text given */
};

/* The first such error of text. files: the files under test; NULL: told by their names. A syntax
 * error in one of files wins over whatever stands before it. Pure; text has no escape sequences. */
void gp_names_find(struct gp_name *out, struct gp_slice text, const struct gp_changes *files);

#endif

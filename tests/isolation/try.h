/*
 * try.h - hostile attempts, each a function that tries one thing.
 *
 * An attempt says whether it got through. It is run in a process of its own with a time limit, both
 * in the sandbox and, where that does no harm, outside of it: an attempt that cannot get through
 * outside either proves nothing. What is there to be attacked is prepared by hold.c and run.sh and
 * told in a file of "name=value" lines.
 */
#ifndef ISO_TRY_H
#define ISO_TRY_H

#include <stdbool.h>
#include <stddef.h>

enum answer { THROUGH, REFUSED, UNKNOWN };

struct attempt {
	const char *id;
	enum answer (*fn)(const char *arg);
	const char *arg; /* name of a target whose value fn gets, or a word for fn */
	bool target;
};

extern const struct attempt files[], processes[], network[], kernel[];

/* The value of a target, "" when it was not told. */
const char *target(const char *name);
/* Whether bytes hold the mark that is in every planted secret; NUL bytes do not end them. */
bool marked(const void *bytes, size_t n);
/* THROUGH when v >= 0 (a descriptor, which is closed, or 0), else REFUSED. */
enum answer opened(long v);
/* Reads up to 64 KiB of the file and looks for the mark. */
enum answer read_secret(const char *path);

#endif

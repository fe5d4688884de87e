/*
 * findings.h - what vetting has to say, and how it is shown and allowed.
 */
#ifndef GP_VET_FINDINGS_H
#define GP_VET_FINDINGS_H

#include "lib/base/buf.h"

struct gp_finding {
	const char *kind;   /* "secret", ...; static */
	const char *rule;   /* the row that found it */
	const char *what;   /* what that is, in words */
	const char *commit; /* full id; NULL: no commit */
	const char *path;   /* "" in a message; as git has it, so quoted when shown */
	size_t line;        /* from 1; 0: the file's name, or no line */
	const char *shown;  /* redacted */
	const char *print;  /* fingerprint of rule and value, 16 hexadecimal digits */
	bool blocks;
};

struct gp_findings {
	struct gp_finding *v;
	size_t n;
};
void gp_findings_clear(struct gp_findings *f);

/* Takes one out, the others staying in order. */
void gp_findings_drop(struct gp_findings *f, size_t i);
/* Appends a copy; kind stays the caller's. */
void gp_findings_add(struct gp_findings *f, const struct gp_finding *one);

/* One entry that allows findings: "<rule> <path glob> <fingerprint> [<YYYY-MM-DD>]", the date being
 * the last day it holds. The fingerprint may not be '*': an entry is for one value. */
struct gp_allow {
	char *rule, *path, *print;
	long long until_s; /* end of the last day, UTC, seconds since the epoch; 0: for good */
};
void gp_allow_clear(struct gp_allow *a);
/* Reads an entry. 0 or GP_INVALID. Pure. */
int gp_allow_parse(struct gp_allow *out, const char *text);
/* Whether the entry allows the finding at a time (seconds since the epoch). */
bool gp_allow_covers(const struct gp_allow *a, const struct gp_finding *f, long long now_s);

#endif

/*
 * rules.h - the table of credential shapes, secrets.tsv, and the expressions made of its rows.
 *
 * A row gives two expressions. The pass expression is what one walk over all the text looks for
 * with every row at once (Hyperscan); it knows no surroundings. The exact expression is PCRE2 and
 * is asked only about lines that the walk points at: it sees what stands before and after, and
 * finds where the secret begins and ends.
 */
#ifndef GP_VET_RULES_H
#define GP_VET_RULES_H

#include "lib/base/buf.h"

struct gp_rule {
	char *id, *what;
	char *words; /* NULL: the shape tells by itself */
	char *shape;
	char *allow;         /* NULL: nothing */
	double bits;         /* least entropy a character; 0: any */
	bool surrounded;     /* the shape has a group: the secret; the rest stands around it */
	bool lines;          /* may reach over more than one line */
	bool quiet_in_tests; /* says nothing in tests, examples and lock files */
};

struct gp_rules {
	struct gp_rule *v;
	size_t n;
	uint64_t digest; /* of the table's text */
};
void gp_rules_clear(struct gp_rules *r);

/* Reads a table. 0, or GP_INVALID with the line's number when a row has not seven fields, an id
 * that is not of a-z, 0-9 and '-', an id twice, no shape, or a number that is none. Pure. */
int gp_rules_parse(struct gp_rules *out, struct gp_slice table);

/* Appends a row's expression for the one walk, and for the exact look. Both are to be compiled so
 * that ^ and $ match at line ends. */
void gp_rule_pass(struct gp_buf *out, const struct gp_rule *r);
void gp_rule_exact(struct gp_buf *out, const struct gp_rule *r);

/* The compiled walk (secrets.db) starts with this line, which ties it to a table and to the
 * library's format. */
#define GP_RULES_DB_HEAD "git-preview secrets 1 %016llx\n"

#endif

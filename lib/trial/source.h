/*
 * source.h - which bytes of a source file are code, and which are comment or string, well enough to
 * change code alone. Inside lib/trial. Pure.
 *
 * A language is told by the file's name. Texts are cut into bytes by a small scanner per family;
 * what it cannot know (a regular expression that looks like a division) is at worst left alone.
 */
#ifndef GP_TRIAL_SOURCE_H
#define GP_TRIAL_SOURCE_H

#include "lib/base/buf.h"

enum gp_source_style {
	GP_CODE_DATA,   /* lines without statements known to us: shell, markup, settings */
	GP_CODE_BRACES, /* statements end with ';' */
	GP_CODE_LINES,  /* braces; statements end with their line */
	GP_CODE_INDENT, /* Python */
	GP_CODE_END,    /* Ruby: blocks end with a word */
};

struct gp_language {
	const char *ends; /* of names, each between blanks */
	enum gp_source_style style;
	const char *comment[2];     /* to the end of the line */
	const char *open, *close;   /* a comment of many lines */
	const char *quotes, *multi; /* of strings; those that go on over line ends */
	const char *nothing;        /* what a function returns that does not; NULL: unknown */
	const char *leave;          /* a whole statement that does; NULL: unknown */
};

/* The language of a file; never NULL: an unknown one is data. */
const struct gp_language *gp_source_language(const char *path);
/* Whether the file is for readers, so that no test can notice it. */
bool gp_source_is_prose(const char *path);

enum gp_source_class { GP_CODE_CODE, GP_CODE_COMMENT, GP_CODE_STRING };

/* A text by lines. Borrowed text; line i is at[i] to at[i+1], its LF included. */
struct gp_source {
	struct gp_slice text;
	const struct gp_language *language;
	unsigned char *classes; /* one a byte */
	uint32_t *at;           /* n + 1 of them */
	short *depth;           /* parentheses and brackets open where line i begins */
	size_t n;
};
/* text is shorter than 4 GiB. */
void gp_source_read(struct gp_source *out, const struct gp_language *l, struct gp_slice text);
void gp_source_clear(struct gp_source *c);

/* Line i without its end, i counted from 0. */
struct gp_slice gp_source_line(const struct gp_source *c, size_t i);
/* The code of line i: from its first byte of code that is no blank to its last; empty without. */
struct gp_slice gp_source_part(const struct gp_source *c, size_t i);

#endif

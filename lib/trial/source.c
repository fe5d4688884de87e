#include "lib/trial/source.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const struct gp_language languages[] = {
	{" .py .pyi .pyw ", GP_CODE_INDENT, {"#"}, NULL, NULL, "'\"", "", "None", "return None"},
	{" .js .mjs .cjs .jsx .ts .mts .cts .tsx ",
         GP_CODE_BRACES,
         {"//"},
         "/*",
         "*/",
         "'\"",
         "`",
         "undefined",
         "return;"},
	{" .c .h .cc .cpp .cxx .hpp .hh .m .mm ",
         GP_CODE_BRACES,
         {"//"},
         "/*",
         "*/",
         "'\"",
         "",
         "0",
         NULL},
	{" .java ", GP_CODE_BRACES, {"//"}, "/*", "*/", "'\"", "", "null", NULL},
	{" .cs ", GP_CODE_BRACES, {"//"}, "/*", "*/", "'\"", "", "default", NULL},
	{" .php ", GP_CODE_BRACES, {"//", "#"}, "/*", "*/", "", "'\"", "null", "return;"},
	{" .dart .groovy .scala .zig ", GP_CODE_BRACES, {"//"}, "/*", "*/", "'\"", "", NULL, NULL},
	{" .rs ", GP_CODE_BRACES, {"//"}, "/*", "*/", "", "\"", "Default::default()", NULL},
	{" .go ", GP_CODE_LINES, {"//"}, "/*", "*/", "'\"", "`", NULL, NULL},
	{" .kt .kts .swift ", GP_CODE_LINES, {"//"}, "/*", "*/", "'\"", "", NULL, NULL},
	{" .rb .rake ", GP_CODE_END, {"#"}, NULL, NULL, "", "'\"", "nil", NULL},
	{" .ex .exs .lua ", GP_CODE_DATA, {"#", "--"}, NULL, NULL, "'\"", "", NULL, NULL},
	{" .html .htm .xml .svg .vue .svelte ",
         GP_CODE_DATA,
         {NULL},
         "<!--",
         "-->",
         "",
         "",
         NULL,
         NULL},
	{" .css .scss .less ", GP_CODE_DATA, {NULL}, "/*", "*/", "", "", NULL, NULL},
	{" .sql ", GP_CODE_DATA, {"--"}, "/*", "*/", "'", "", NULL, NULL},
	{" .sh .bash .zsh .yml .yaml .toml .ini .cfg .conf .mk .cmake .pl .r .tf ",
         GP_CODE_DATA,
         {"#"},
         NULL,
         NULL,
         "",
         "",
         NULL,
         NULL},
};
static const struct gp_language unknown = {" ", GP_CODE_DATA, {0}, 0, 0, "", "", 0, 0};

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The name's end from its last dot, in lower case between blanks; "" for none. */
static void name_end(char out[16], const char *path)
{
	const char *dot = strrchr(file_name(path), '.');
	size_t n = dot ? strlen(dot) : 0;

	out[0] = 0;
	if (n < 2 || n > 12)
		return;
	out[0] = ' ';
	for (size_t i = 0; i < n; i++)
		out[i + 1] = (char)tolower((unsigned char)dot[i]);
	out[n + 1] = ' ';
	out[n + 2] = 0;
}

const struct gp_language *gp_source_language(const char *path)
{
	char end[16];

	name_end(end, path);
	for (size_t i = 0; *end && i < GP_COUNT(languages); i++)
		if (strstr(languages[i].ends, end))
			return &languages[i];
	return &unknown;
}

bool gp_source_is_prose(const char *path)
{
	static const char *const names[] = {"readme",  "changelog", "changes", "license",
	                                    "copying", "authors",   "news",    "todo"};
	const char *name = file_name(path);
	char end[16];

	name_end(end, path);
	if (*end && strstr(" .md .mdx .markdown .rst .adoc .org .1 .5 .7 .8 .po .pot ", end))
		return true;
	for (size_t i = 0; i < GP_COUNT(names); i++) {
		size_t n = strlen(names[i]);

		if (strncasecmp(name, names[i], n) == 0 &&
		    (!name[n] || strcasecmp(name + n, ".txt") == 0))
			return true;
	}
	return false;
}

struct scanner {
	const struct gp_language *l;
	struct gp_slice text;
	unsigned char *classes;
};

static bool starts(const struct scanner *s, size_t at, const char *with)
{
	size_t n = with ? strlen(with) : 0;

	return n && s->text.n - at >= n && memcmp(s->text.p + at, with, n) == 0;
}

static size_t mark(struct scanner *s, size_t at, size_t end, enum gp_source_class class)
{
	memset(s->classes + at, class, end - at);
	return end;
}

static size_t line_end(const struct scanner *s, size_t at)
{
	const char *lf = memchr(s->text.p + at, '\n', s->text.n - at);

	return lf ? (size_t)(lf - s->text.p) : s->text.n;
}

static size_t comment_end(const struct scanner *s, size_t at)
{
	for (at += strlen(s->l->open); at < s->text.n; at++)
		if (starts(s, at, s->l->close))
			return at + strlen(s->l->close);
	return s->text.n;
}

/* Behind the quote that ends a string, or before the line end that does. */
static size_t string_end(const struct scanner *s, size_t at, bool multi)
{
	char quote = s->text.p[at];
	char three[4] = {quote, quote, quote, 0};
	bool triple = s->l->style == GP_CODE_INDENT && starts(s, at, three);

	for (at += triple ? 3 : 1; at < s->text.n; at++) {
		char c = s->text.p[at];

		if (c == '\\' && at + 1 < s->text.n)
			at++;
		else if (c == '\n' && !triple && !multi)
			return at;
		else if (c == quote && !triple)
			return at + 1;
		else if (c == quote && starts(s, at, three))
			return at + 3;
	}
	return s->text.n;
}

/* Classes what begins at at; where it ends. */
static size_t step(struct scanner *s, size_t at)
{
	char c = s->text.p[at];

	if (starts(s, at, s->l->comment[0]) || starts(s, at, s->l->comment[1]))
		return mark(s, at, line_end(s, at), GP_CODE_COMMENT);
	if (starts(s, at, s->l->open))
		return mark(s, at, comment_end(s, at), GP_CODE_COMMENT);
	if (c && strchr(s->l->quotes, c))
		return mark(s, at, string_end(s, at, false), GP_CODE_STRING);
	if (c && strchr(s->l->multi, c))
		return mark(s, at, string_end(s, at, true), GP_CODE_STRING);
	return mark(s, at, at + 1, GP_CODE_CODE);
}

static void cut_lines(struct gp_source *c)
{
	size_t lines = 0, line = 0;
	int depth = 0;

	for (size_t i = 0; i < c->text.n; i++)
		lines += c->text.p[i] == '\n' || i + 1 == c->text.n;
	c->at = gp_alloc((lines + 1) * sizeof(*c->at));
	c->depth = gp_alloc((lines + 1) * sizeof(*c->depth));
	c->n = lines;
	for (size_t i = 0; i < c->text.n; i++) {
		char b = c->text.p[i];

		if (c->classes[i] == GP_CODE_CODE && (b == '(' || b == '['))
			depth += depth < 1000;
		else if (c->classes[i] == GP_CODE_CODE && (b == ')' || b == ']'))
			depth -= depth > 0;
		if (b == '\n' || i + 1 == c->text.n) {
			c->at[++line] = (uint32_t)i + 1;
			c->depth[line] = (short)depth;
		}
	}
}

void gp_source_read(struct gp_source *out, const struct gp_language *l, struct gp_slice text)
{
	struct scanner s = {.l = l, .text = text};

	*out = (struct gp_source){.text = text, .language = l};
	out->classes = s.classes = gp_alloc(text.n + 1);
	for (size_t at = 0; at < text.n;)
		at = step(&s, at);
	cut_lines(out);
}

void gp_source_clear(struct gp_source *c)
{
	gp_free(c->classes);
	gp_free(c->at);
	gp_free(c->depth);
	*c = (struct gp_source){0};
}

struct gp_slice gp_source_line(const struct gp_source *c, size_t i)
{
	struct gp_slice s = {c->text.p + c->at[i], c->at[i + 1] - c->at[i]};

	while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

struct gp_slice gp_source_part(const struct gp_source *c, size_t i)
{
	struct gp_slice s = gp_source_line(c, i);
	const unsigned char *class = c->classes + (s.p - c->text.p);

	while (s.n && (isspace((unsigned char)*s.p) || *class == GP_CODE_COMMENT)) {
		s.p++;
		s.n--;
		class ++;
	}
	while (s.n && (isspace((unsigned char)s.p[s.n - 1]) || class[s.n - 1] == GP_CODE_COMMENT))
		s.n--;
	return s;
}

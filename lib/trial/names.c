#include "lib/trial/names.h"

#include <stdio.h>
#include <string.h>

#include "lib/trial/detect.h"

enum what {
	NAME,   /* capture `at` is the missing name */
	BEFORE, /* the word before the pattern is */
	SIGN,   /* a signature that does not fit: the name may be there, its shape is missing */
	LOCAL,  /* as NAME, unless the test itself is where it is used */
	SHELL,  /* as BEFORE, behind dash's "sh: 1: " */
	SYNTAX,
};

/* In this order on a line. The words are those of CPython 3.8 to 3.13, node 18 to 24 and V8,
 * TypeScript 5, gcc 12, clang 14, GNU and LLVM linkers, go 1.22, rustc 1.80, javac 17, kotlinc,
 * Roslyn, ruby 3, PHP 8, perl 5.36, Elixir 1.16, dash, bash and GNU make. */
static const struct {
	const char *pattern;
	enum what what;
	int at;
} table[] = {
	{"ModuleNotFoundError: No module named %Q", NAME, 0},
	{"ImportError: cannot import name %Q", NAME, 0},
	{"ImportError: No module named %s", NAME, 0},
	{"AttributeError: module %Q has no attribute %Q", NAME, 1},
	{"AttributeError: type object %Q has no attribute %Q", NAME, 1},
	{"AttributeError: 'NoneType' object", SIGN, -2},
	{"AttributeError: %Q object has no attribute %Q", NAME, 1},
	{"AttributeError: <%*> does not have the attribute %Q", NAME, 1},
	{"AttributeError: %s%$", NAME, 0},
	{"NameError: name %Q is not defined", LOCAL, 0},
	{"NameError: uninitialized constant %s", NAME, 0},
	{"TypeError: %*() got an unexpected keyword argument %Q", NAME, 1},
	{"TypeError: %*() takes %* positional argument", SIGN, 0},
	{"does not provide an export named %Q", NAME, 0},
	{"Named export %Q not found", NAME, 0},
	{"Export named %Q not found", NAME, 0},
	{"No matching export in %Q for import %Q", NAME, 1},
	{"Failed to resolve import %Q", NAME, 0},
	{"error TS2304: Cannot find name %Q", NAME, 0},
	{"has no exported member named %Q", NAME, 0},
	{"has no exported member %Q", NAME, 0},
	{"Property %Q does not exist on type", NAME, 0},
	{"known properties, and %Q does not exist in type", NAME, 0},
	{"error TS2554: ", SIGN, -1},
	{"error TS1", SYNTAX, -1},
	{"Cannot find module %Q", NAME, 0},
	{"Cannot find package %Q", NAME, 0},
	{" is not a function", BEFORE, 0},
	{" is not a constructor", BEFORE, 0},
	{"ReferenceError: %s is not defined", LOCAL, 0},
	{"ReferenceError [Error]: %s is not defined", LOCAL, 0},
	{"error: '%s is not defined'", LOCAL, 0},
	{"error: %Q undeclared", NAME, 0},
	{"error: %Q was not declared in this scope", NAME, 0},
	{"error: %Q has not been declared", NAME, 0},
	{"error: %Q does not name a type", NAME, 0},
	{"error: %Q is not a member of", NAME, 0},
	{"error: %Q has no member named %Q", NAME, 1},
	{"error: no member named %Q", NAME, 0},
	{"error: no type named %Q", NAME, 0},
	{"error: %Q in namespace %Q does not name a type", NAME, 0},
	{"error: unknown type name %Q", NAME, 0},
	{"error: implicit declaration of function %Q", NAME, 0},
	{"error: call to undeclared function %Q", NAME, 0},
	{"error: use of undeclared identifier %Q", NAME, 0},
	{"error: invalid use of undefined type %Q", NAME, 0},
	{"error: no matching function for call to %Q", SIGN, 0},
	{"error: too many arguments to function %Q", SIGN, 0},
	{"error: too few arguments to function %Q", SIGN, 0},
	{"error: too many arguments to function call", SIGN, -1},
	{"fatal error: %Q file not found", NAME, 0},
	{"fatal error: %*: No such file or directory", NAME, 0},
	{"undefined reference to %Q", NAME, 0},
	{"undefined symbol: %s", NAME, 0},
	{"error[E0425]: cannot find %*`%*`", NAME, 1},
	{"error[E0422]: cannot find %*`%*`", NAME, 1},
	{"error[E0463]: can't find crate for %Q", NAME, 0},
	{"error[E0407]: method %Q is not a member of trait", NAME, 0},
	{"error[E0432]: unresolved import %Q", NAME, 0},
	{"error[E0433]: %*`%*`", NAME, 1},
	{"error[E0412]: cannot find type %Q", NAME, 0},
	{"error[E0405]: cannot find trait %Q", NAME, 0},
	{"error[E0531]: cannot find %*`%*`", NAME, 1},
	{"error[E0583]: file not found for module %Q", NAME, 0},
	{"error[E0599]: no %* named %Q", NAME, 1},
	{"error[E0609]: no field %Q", NAME, 0},
	{"error[E0560]: %* has no field named %Q", NAME, 1},
	{"error[E0061]: ", SIGN, -1},
	{"error: cannot find macro %Q", NAME, 0},
	{": undefined: %s", NAME, 0},
	{"has no field or method %*)", NAME, 0},
	{" (missing method %*)", NAME, 0},
	{"unknown field %s in struct literal", NAME, 0},
	{"too many arguments in call to %s", SIGN, 0},
	{"not enough arguments in call to %s", SIGN, 0},
	{"no required module provides package %s", NAME, 0},
	{": package %s is not in ", NAME, 0},
	{"symbol:%_%s %*", NAME, 1},
	{"error: package %s does not exist", NAME, 0},
	{"error: method %s in class", SIGN, 0},
	{"error: constructor %s in class", SIGN, 0},
	{"nresolved reference: %s", NAME, 0},
	{"nresolved reference %Q", NAME, 0},
	{"error CS0103: The name %Q", NAME, 0},
	{"does not contain a definition for %Q", NAME, 0},
	{"The type or namespace name %Q", NAME, 0},
	{"uninitialized constant %s", NAME, 0},
	{"undefined method %Q", NAME, 0},
	{"undefined local variable or method %Q", LOCAL, 0},
	{"cannot load such file -- %s", NAME, 0},
	{"ArgumentError: unknown keyword: :%s", NAME, 0},
	{"ArgumentError: wrong number of arguments", SIGN, -1},
	{"Error: Class %Q not found", NAME, 0},
	{"Error: Interface %Q not found", NAME, 0},
	{"Error: Trait %Q not found", NAME, 0},
	{"Failed opening required %Q", NAME, 0},
	{"Call to undefined method %*::%*()", NAME, 1},
	{"Call to undefined function %*()", NAME, 0},
	{"Error: Undefined constant %Q", NAME, 0},
	{"Error: Undefined constant %s", NAME, 0},
	{"Unknown named parameter $%s", NAME, 0},
	{"(you may need to install the %* module)", NAME, 0},
	{"Can't locate object method %Q via package", NAME, 0},
	{"Undefined subroutine &%* called", NAME, 0},
	{" is not exported by the ", BEFORE, 0},
	{"(UndefinedFunctionError) function %s is undefined", NAME, 0},
	{"undefined function %s", NAME, 0},
	{"unknown key :%s for struct", NAME, 0},
	{"No rule to make target %Q, needed by", NAME, 0},
	{": command not found", BEFORE, 0},
	{": not found", SHELL, 0},
	{"SyntaxError: ", SYNTAX, -1},
	{"SyntaxError", SYNTAX, -1},
	{"IndentationError: ", SYNTAX, -1},
	{"TabError: ", SYNTAX, -1},
	{"syntax error", SYNTAX, -1},
	{"error: expected ", SYNTAX, -1},
	{"fixture %Q not found", SYNTAX, 0},
	{"ParseError", SYNTAX, -1},
};

/* Libraries that a test needs and no implementation brings. */
static const char *const test_libraries[] = {
	"pytest", "hypothesis", "nose",  "chai",  "mocha",    "jest",        "vitest",
	"sinon",  "supertest",  "jsdom", "rspec", "minitest", "Test::Class", "@jest/globals",
};

static bool word_byte(char c)
{
	return c && !strchr(" \t'\"`(){}[],;&<>", c);
}

static struct gp_slice word_before(struct gp_slice line, const char *at)
{
	struct gp_slice s = {line.p, (size_t)(at - line.p)};
	size_t i;

	while (s.n && !word_byte(s.p[s.n - 1]))
		s.n--;
	for (i = s.n; i > 0 && word_byte(s.p[i - 1]); i--)
		;
	return gp_skip(s, i);
}

/* "calc.sub" is "sub", "ns::f(int)" is "ns::f", "struct foo" is "foo", a path stays a path. */
static void symbol_of(char *out, size_t size, struct gp_slice s)
{
	static const char *const kinds[] = {"struct ", "enum ", "union ", "class "};
	const char *paren, *dot, *end;
	gp_auto(gp_buf) b = {0};

	s = gp_trim(s);
	for (size_t i = 0; i < GP_COUNT(kinds); i++)
		gp_head(s, kinds[i], &s);
	gp_head(s, "file://", &s);
	gp_head(s, "/work/", &s);
	end = gp_find(s, "\\n\""); /* a line inside JSON */
	if (end)
		s.n = (size_t)(end - s.p);
	paren = s.n ? memchr(s.p, '(', s.n) : NULL;
	if (paren && paren > s.p)
		s.n = (size_t)(paren - s.p);
	while (s.n && strchr(",;:)'\"`", s.p[s.n - 1]))
		s.n--;
	if (!gp_find(s, "/")) {
		dot = s.n ? memrchr(s.p, '.', s.n) : NULL;
		if (dot && dot > s.p && dot + 1 < s.p + s.n && !gp_tail(s, ".h", NULL) &&
		    !gp_tail(s, ".hpp", NULL) && !gp_tail(s, ".c", NULL) && !gp_tail(s, ".o", NULL))
			s = gp_skip(s, (size_t)(dot + 1 - s.p));
	}
	gp_buf_visible(&b, s);
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '\n' || b.p[i] == '\t')
			b.p[i] = ' ';
	snprintf(out, size, "%.*s", (int)(size - 1), gp_buf_text(&b));
	while (*out && !gp_utf8_valid(gp_slice(out)))
		out[strlen(out) - 1] = 0;
}

static bool names_file(struct gp_slice line, const struct gp_changes *files)
{
	for (size_t i = 0; files && i < files->n; i++)
		if (gp_find(line, files->v[i].path))
			return true;
	return false;
}

/* A path with a place behind it: `File "x", line 3`, "at f (x:3:1)", "x:3". */
static bool frame(struct gp_slice *path, struct gp_slice line)
{
	struct gp_slice cap[GP_SCAN_MAX], s = gp_trim(line);
	const char *paren;

	if (gp_scan(s, "File %Q, line %d", cap)) {
		*path = cap[0];
		return true;
	}
	if (!gp_head(s, "at ", &s) && !gp_find(s, "/work/"))
		return false;
	paren = gp_find(s, "(");
	if (paren)
		s = gp_skip(s, (size_t)(paren - s.p) + 1);
	if (!gp_scan(s, "%*:%d", cap))
		return false;
	*path = cap[0];
	return path->n > 0;
}

static bool is_test(struct gp_slice path, const struct gp_changes *files)
{
	struct gp_test_paths usual = {0};
	gp_auto(gp_buf) p = {0};
	const char *work = gp_find(path, "/work/");

	if (files)
		return names_file(path, files);
	if (work)
		path = gp_skip(path, (size_t)(work - path.p) + 6);
	gp_buf_slice(&p, path);
	return gp_is_test_path(&usual, gp_buf_text(&p));
}

/* Whether the place an error came from is a test: the frame before it (python prints the innermost
 * last), else the first one after it. */
static bool raised_in_test(struct gp_slice text, struct gp_slice line,
                           const struct gp_changes *files)
{
	struct gp_slice before = {text.p, (size_t)(line.p - text.p)}, at, path = {0};
	struct gp_slice after = gp_skip(text, (size_t)(line.p + line.n - text.p));
	bool found = false;

	if (before.n > 600)
		before = gp_skip(before, before.n - 600);
	while (gp_line(&at, &before))
		if (gp_scan(gp_trim(at), "File %Q, line", (struct gp_slice[GP_SCAN_MAX]){{0}}))
			found = frame(&path, at);
	for (int i = 0; i < 8 && !found && gp_line(&at, &after); i++)
		found = frame(&path, at);
	return found && is_test(path, files);
}

static bool star_import(const struct gp_changes *files)
{
	for (size_t i = 0; files && i < files->n; i++)
		if (gp_find(gp_buf_all(&files->v[i].content), " import *"))
			return true;
	return false;
}

static bool match(struct gp_name *out, struct gp_slice line, size_t row)
{
	struct gp_slice cap[GP_SCAN_MAX] = {{0}};
	enum what what = table[row].what;

	if (what == BEFORE || what == SHELL) {
		const char *at = gp_find(line, table[row].pattern);

		if (!at || (what == SHELL && !gp_scan_in(line, ": %d: ", NULL)))
			return false;
		cap[0] = word_before(line, at);
		if (cap[0].n == 0)
			return false;
	} else if (!gp_scan_in(line, table[row].pattern, cap)) {
		return false;
	}
	out->line = line;
	out->symbol[0] = 0;
	if (table[row].at >= 0)
		symbol_of(out->symbol, sizeof(out->symbol), cap[table[row].at]);
	out->kind = table[row].at == -2 ? GP_NAME_NONE
	            : what == SYNTAX    ? GP_NAME_SYNTAX
	                                : GP_NAME_MISSING;
	return true;
}

static void judge_own(struct gp_name *out, enum what what, struct gp_slice text,
                      const struct gp_changes *files)
{
	if (what == LOCAL && !star_import(files) && raised_in_test(text, out->line, files))
		out->kind = GP_NAME_OWN;
	for (size_t i = 0; i < GP_COUNT(test_libraries); i++)
		if (strcmp(out->symbol, test_libraries[i]) == 0 && !gp_find(out->line, "E04"))
			out->kind = GP_NAME_OWN;
}

/* Whether the lines around an error name one of the files under test. */
static bool near_files(struct gp_slice text, struct gp_slice line, const struct gp_changes *files)
{
	size_t at = (size_t)(line.p - text.p), from = at > 600 ? at - 600 : 0;
	struct gp_slice around = {text.p + from, at - from + line.n};

	return names_file(around, files);
}

void gp_names_find(struct gp_name *out, struct gp_slice text, const struct gp_changes *files)
{
	uint64_t mask[GP_FINDER_MAX / 64];
	struct gp_slice rest = text, line;
	struct gp_finder f = {0};
	struct gp_name found;

	*out = (struct gp_name){0};
	for (size_t i = 0; i < GP_COUNT(table); i++)
		gp_finder_add(&f, table[i].pattern);
	while (gp_line(&line, &rest)) {
		bool hit = false;
		int row;

		found = (struct gp_name){0};
		gp_finder_mask(&f, line, mask);
		for (row = gp_finder_next(mask, 0); row >= 0; row = gp_finder_next(mask, row + 1)) {
			hit = match(&found, line, (size_t)row);
			if (hit)
				break;
		}
		if (!hit || found.kind == GP_NAME_NONE)
			continue;
		if (found.kind == GP_NAME_MISSING)
			judge_own(&found, table[row].what, text, files);
		if (out->kind == GP_NAME_NONE)
			*out = found;
		if (found.kind == GP_NAME_SYNTAX && gp_find(line, "Error") &&
		    near_files(text, line, files)) {
			*out = found;
			return;
		}
	}
}

#include "lib/trial/locked_in.h"

#include <ctype.h>
#include <string.h>

#include "lib/base/json.h"

#define PARTS_MAX 1000 /* the rest is one part */
#define STATEMENT_LINES 60

static void add(struct gp_list *out, const struct gp_buf *part)
{
	if (out->n < PARTS_MAX)
		gp_list_add(out, gp_buf_text(part));
}

static void add_member(struct gp_list *out, const char *name, const struct cJSON *v)
{
	gp_auto(gp_buf) part = {0};
	gp_auto(gp_buf) value = {0};

	gp_json_print(&value, v);
	gp_buf_fmt(&part, "%s: %s", name, gp_buf_text(&value));
	add(out, &part);
}

static bool is_word_of(const char *name, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(name, *words) == 0)
			return true;
	return false;
}

void gp_locked_members(struct gp_list *out, struct gp_slice text, const char *const *words)
{
	gp_auto_json struct cJSON *j = NULL;

	if (gp_json_parse(&j, text) || !gp_json_is_object(j)) {
		gp_list_addn(out, text.p ? text.p : "", text.n);
		return;
	}
	for (const struct cJSON *m = gp_json_first(j); m; m = gp_json_next(m)) {
		const char *name = gp_json_key(m);

		if (!is_word_of(name, words))
			continue;
		if (!gp_json_is_object(m))
			add_member(out, name, m);
		for (const struct cJSON *v = gp_json_is_object(m) ? gp_json_first(m) : NULL; v;
		     v = gp_json_next(v)) {
			gp_auto(gp_buf) full = {0};

			gp_buf_fmt(&full, "%s.%s", name, gp_json_key(v));
			add_member(out, gp_buf_text(&full), v);
		}
	}
}

/* "tool.pytest" holds "tool.pytest.ini_options", "mypy" holds "mypy-tasks". */
static bool is_below(const char *name, const char *const *words)
{
	for (; *words; words++)
		if (gp_starts(name, *words) && !isalnum((unsigned char)name[strlen(*words)]) &&
		    name[strlen(*words)] != '_')
			return true;
	return false;
}

/* The name between brackets; quotes and blanks are left out. */
static void section_name(struct gp_buf *out, struct gp_slice line)
{
	gp_buf_cut(out, 0);
	for (size_t i = 0; i < line.n && line.p[i] != '#'; i++)
		if (!strchr("[]\"' \t", line.p[i]))
			gp_buf_chr(out, line.p[i]);
}

static void key_name(struct gp_buf *out, const struct gp_buf *section, struct gp_slice line)
{
	gp_buf_slice(out, gp_buf_all(section));
	if (out->n)
		gp_buf_chr(out, '.');
	for (size_t i = 0; i < line.n && line.p[i] != '='; i++)
		if (!strchr("\"' \t", line.p[i]))
			gp_buf_chr(out, line.p[i]);
}

void gp_locked_sections(struct gp_list *out, struct gp_slice text, const char *const *words)
{
	gp_auto(gp_buf) section = {0};
	struct gp_slice line;

	while (gp_line(&line, &text)) {
		gp_auto(gp_buf) name = {0};
		gp_auto(gp_buf) part = {0};
		bool indented = line.n && isspace((unsigned char)*line.p);

		line = gp_trim(line);
		if (!line.n || *line.p == '#' || *line.p == ';')
			continue;
		if (*line.p == '[' && !indented)
			section_name(&section, line);
		key_name(&name, &section, *line.p == '[' ? (struct gp_slice){"", 0} : line);
		if (!is_below(gp_buf_text(&section), words) && !is_below(gp_buf_text(&name), words))
			continue;
		gp_buf_fmt(&part, "[%s] %.*s", gp_buf_text(&section), (int)line.n, line.p);
		add(out, &part);
	}
}

static bool holds(struct gp_slice s, const char *const *words)
{
	for (; *words; words++)
		if (gp_find(s, *words))
			return true;
	return false;
}

static bool begins(struct gp_slice s, const char *word)
{
	return s.n >= strlen(word) && memcmp(s.p, word, strlen(word)) == 0;
}

/* What a line of a makefile sets or makes: up to the first of "=", ":". */
static struct gp_slice left_side(struct gp_slice line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] != '=' && line.p[n] != ':')
		n++;
	return n < line.n ? (struct gp_slice){line.p, n} : (struct gp_slice){line.p, 0};
}

static void join_continued(struct gp_buf *part, struct gp_slice line, struct gp_slice *rest)
{
	gp_buf_slice(part, line);
	while (line.n && line.p[line.n - 1] == '\\' && gp_line(&line, rest)) {
		gp_buf_cut(part, part->n - 1);
		gp_buf_chr(part, ' ');
		gp_buf_slice(part, gp_trim(line));
	}
}

void gp_locked_rules(struct gp_list *out, struct gp_slice text, const char *const *words)
{
	struct gp_slice line;
	bool inside = false;

	while (gp_line(&line, &text)) {
		gp_auto(gp_buf) part = {0};
		bool recipe = line.n && *line.p == '\t';

		if (!gp_trim(line).n || *gp_trim(line).p == '#')
			continue;
		if (!recipe)
			inside = holds(left_side(line), words) || begins(line, "include") ||
			         begins(line, "-include") || begins(line, "sinclude");
		join_continued(&part, line, &text);
		if (inside)
			add(out, &part);
	}
}

static long depth_of(struct gp_slice s)
{
	long d = 0;

	for (size_t i = 0; i < s.n; i++)
		d += (s.p[i] == '(' || s.p[i] == '{') - (s.p[i] == ')' || s.p[i] == '}');
	return d;
}

/* A statement goes on until its brackets close, a plugin of an XML manifest until its end. */
void gp_locked_statements(struct gp_list *out, struct gp_slice text, const char *const *words)
{
	bool xml = begins(gp_trim(text), "<");
	struct gp_slice line;

	while (gp_line(&line, &text)) {
		gp_auto(gp_buf) part = {0};
		bool plugin = xml && (gp_find(line, "surefire") || gp_find(line, "failsafe") ||
		                      gp_find(line, "jacoco"));
		long depth = depth_of(line);

		if (!holds(line, words) || begins(gp_trim(line), "#") ||
		    begins(gp_trim(line), "//"))
			continue;
		gp_buf_slice(&part, gp_trim(line));
		for (int i = 0; i < STATEMENT_LINES && (plugin || (!xml && depth > 0)) &&
		                gp_line(&line, &text);
		     i++) {
			gp_buf_chr(&part, ' ');
			gp_buf_slice(&part, gp_trim(line));
			depth += depth_of(line);
			plugin = plugin && !gp_find(line, "</plugin>");
		}
		add(out, &part);
	}
}

#include "lib/base/conf_value.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/near.h"

#define NAME_BYTES 128
#define INT_MOST (1LL << 40) /* seconds of it are still milliseconds in 64 bits */

bool gp_conf_value_int(long long *out, const char *text)
{
	static const char suffixes[] = "kmg";
	const char *suffix, *p = text;
	long long n = 0;

	for (; isdigit((unsigned char)*p); p++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *p - '0', &n))
			return false;
	if (p == text)
		return false;
	suffix = *p ? strchr(suffixes, tolower((unsigned char)*p)) : NULL;
	for (const char *s = suffixes; suffix && s <= suffix; s++)
		if (__builtin_mul_overflow(n, 1024, &n))
			return false;
	*out = n;
	return suffix ? !p[1] : !*p;
}

bool gp_conf_value_money(double *out, const char *text)
{
	size_t whole = strspn(text, "0123456789"), parts = 0;
	const char *part = text + whole + 1;
	long long millionths = 0;

	if (text[whole] == '.')
		parts = strspn(part, "0123456789");
	if (whole == 0 || whole > 9 || parts > 6 || (text[whole] && (!parts || part[parts])))
		return false;
	/* not strtod: the decimal point would depend on the locale */
	for (size_t i = 0; i < whole; i++)
		millionths = millionths * 10 + (text[i] - '0');
	for (size_t i = 0; i < 6; i++)
		millionths = millionths * 10 + (i < parts ? part[i] - '0' : 0);
	*out = (double)millionths / 1e6;
	return true;
}

bool gp_conf_value_bool(bool *out, const char *text)
{
	static const char *const words[] = {"true", "yes", "on", "1", "false", "no", "off", "0"};

	for (size_t i = 0; i < GP_COUNT(words); i++)
		if (strcasecmp(text, words[i]) == 0) {
			*out = i < 4;
			return true;
		}
	return false;
}

/* Whether word is one of those in words, which are parted by a blank. */
static bool among(const char *words, const char *word)
{
	size_t n = strlen(word), at;

	for (const char *p = words; *p; p += at + (p[at] == ' ')) {
		at = strcspn(p, " ");
		if (at == n && memcmp(p, word, n) == 0)
			return true;
	}
	return false;
}

int gp_conf_value_check(const struct gp_setting *row, const char *key, const char *text)
{
	long long n;
	double money;
	bool b;

	if (row->kind == GP_CONF_INT && !gp_conf_value_int(&n, text))
		return gp_fail(GP_INVALID, "'%s' must be a number (k, m, g may follow), not '%s'",
		               key, text);
	if (row->kind == GP_CONF_INT && n > INT_MOST)
		return gp_fail(GP_INVALID, "'%s' must be at most 1024g, not '%s'", key, text);
	if (row->kind == GP_CONF_MONEY && !gp_conf_value_money(&money, text))
		return gp_fail(GP_INVALID, "'%s' must be an amount like 0.50, not '%s'", key, text);
	if (row->kind == GP_CONF_BOOL && !gp_conf_value_bool(&b, text))
		return gp_fail(GP_INVALID, "'%s' must be true or false, not '%s'", key, text);
	if (row->kind == GP_CONF_PREFIX && (*text == '/' || !gp_ends(text, "/")))
		return gp_fail(GP_INVALID, "'%s' must end with '/', like 'preview/', not '%s'", key,
		               text);
	if (row->choices && !among(row->choices, text))
		return gp_fail(GP_INVALID, "'%s' must be one of '%s', not '%s'", key, row->choices,
		               text);
	return 0;
}

double gp_conf_value_number(const struct gp_setting *row, const char *text)
{
	long long n = 0;
	double money = 0;

	if (row->kind == GP_CONF_INT && gp_conf_value_int(&n, text))
		return (double)n;
	gp_conf_value_money(&money, text);
	return money;
}

/* The end of "model" or "model.<name>" at the start of key: its last point; NULL for others. */
static const char *model_end(const char *key)
{
	return gp_starts(key, "model.") ? strrchr(key, '.') : NULL;
}

/* Where a model's key begins in a row's "model.*.url"; NULL for other rows. */
static const char *model_key(const struct gp_setting *row)
{
	return gp_starts(row->key, "model.*.") ? row->key + strlen("model.*.") : NULL;
}

const struct gp_setting *gp_conf_row(const char *key)
{
	const char *end = model_end(key);

	for (const struct gp_setting *r = gp_settings; r->key; r++)
		if (end && model_key(r) ? strcmp(end + 1, model_key(r)) == 0
		                        : strcmp(key, r->key) == 0)
			return r;
	return NULL;
}

bool gp_conf_section_known(const char *name)
{
	size_t n = strlen(name);

	if (gp_starts(name, "model."))
		return n > strlen("model.") && strcmp(name, "model.*") != 0;
	for (const struct gp_setting *r = gp_settings; r->key; r++)
		if (strncmp(r->key, name, n) == 0 && r->key[n] == '.')
			return true;
	return false;
}

int gp_conf_unknown_key(const char *key)
{
	struct gp_near near = {.word = key};
	const char *end = model_end(key);
	char names[2][NAME_BYTES];
	int turn = 0;

	for (const struct gp_setting *r = gp_settings; r->key; r++) {
		if (model_key(r))
			snprintf(names[turn], NAME_BYTES, "%.*s.%s", end ? (int)(end - key) : 5,
			         end ? key : "model", model_key(r));
		else
			snprintf(names[turn], NAME_BYTES, "%s", r->key);
		gp_near_try(&near, names[turn]);
		/* the best one stays where it is, the other place takes the next */
		if (near.best == names[turn])
			turn = !turn;
	}
	gp_fail(GP_INVALID, "unknown setting '%s'", key);
	gp_hint("did you mean '%s'? 'git preview --settings' lists them all", near.best);
	return GP_INVALID;
}

int gp_conf_unknown_section(const char *name)
{
	struct gp_near near = {.word = name};
	struct gp_list sections = {0};

	for (const struct gp_setting *r = gp_settings; r->key; r++)
		gp_list_addn(&sections, r->key, strcspn(r->key, "."));
	for (size_t i = 0; i < sections.n; i++)
		gp_near_try(&near, sections.v[i]);
	gp_fail(GP_INVALID, "unknown section '%s'", name);
	gp_hint("did you mean '[%s]'? 'git preview --settings' lists all settings", near.best);
	gp_list_clear(&sections);
	return GP_INVALID;
}

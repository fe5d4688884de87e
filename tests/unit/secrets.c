#include "lib/vet/secrets.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/file.h"
#include "lib/vet/encoded.h"
#include "tests/built.h"

/* How the corpus is to be told apart; the figures are printed. */
#define RECALL 0.98
#define PRECISION 0.98

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const struct {
	char code;
	const char *chars;
} sets[] = {
	{'h', DIGITS "abcdef"},
	{'H', DIGITS "ABCDEF"},
	{'n', DIGITS},
	{'a', DIGITS LOWER UPPER},
	{'l', DIGITS LOWER},
	{'U', DIGITS UPPER},
	{'L', LOWER UPPER},
	{'b', DIGITS LOWER UPPER "+/"},
	{'u', DIGITS LOWER UPPER "_-"},
	{'2', LOWER "234567"},
	{'B', UPPER "234567"},
	{'G', "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"},
	{'p', DIGITS LOWER UPPER DIGITS "!#%+=?_-."},
};

/* The places people leave credentials in. %n is the name, %c the credential. */
static const char *const places[] = {
	"export %n=%c",
	"%n: \"%c\"",
	"const %n = \"%c\";",
	"  \"%n\": \"%c\",",
	"%n = '%c'",
	"      - %n=%c",
	"%n=%c\r",
	"os.environ['%n'] = '%c'",
	"\"Environment\": {\"%n\": \"%c\"}}",
	"%n := `%c`",
	"    %n: %c  # rotate me",
	"<add key=\"%n\" value=\"x\"/><%n>%c</%n>",
	"curl -d '%n=%c' https://api.acme.io/v1",
	"set -x; %n=\"%c\" ./deploy.sh",
};

static unsigned long long seed;

static unsigned next(unsigned n)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(seed >> 33) % n;
}

static void put_chars(struct gp_buf *out, char code, long n)
{
	for (size_t i = 0; i < GP_COUNT(sets); i++)
		for (long k = 0; sets[i].code == code && k < n; k++)
			gp_buf_chr(out, sets[i].chars[next((unsigned)strlen(sets[i].chars))]);
}

static void put_uuid(struct gp_buf *out)
{
	static const int parts[] = {8, 4, 4, 4, 12};

	for (size_t i = 0; i < GP_COUNT(parts); i++) {
		if (i)
			gp_buf_chr(out, '-');
		put_chars(out, 'h', parts[i]);
	}
}

/* Fills a pattern in; whether it had anything to fill. */
static bool fill(struct gp_buf *out, const char *p)
{
	bool any = false;

	for (; *p; p++) {
		char *end = NULL;
		long n = p[0] == '{' && p[1] && p[2] == ':' ? strtol(p + 3, &end, 10) : 0;

		if (n > 0 && *end == '}') {
			put_chars(out, p[1], n);
			p = end;
			any = true;
		} else if (strncmp(p, "{g}", 3) == 0) {
			put_uuid(out);
			p += 2;
			any = true;
		} else if (strncmp(p, "{k}", 3) == 0) {
			gp_buf_str(out, "KEY");
			p += 2;
		} else if (strncmp(p, "\\n", 2) == 0 && (p[2] != 'n')) {
			gp_buf_chr(out, '\n');
			p++;
		} else if (strncmp(p, "\\\\", 2) == 0) {
			gp_buf_chr(out, '\\');
			p++;
		} else {
			gp_buf_chr(out, *p);
		}
	}
	return any;
}

static void place(struct gp_buf *out, const char *where, const char *name, const char *value)
{
	for (const char *p = where; *p; p++) {
		if (p[0] == '%' && (p[1] == 'n' || p[1] == 'c'))
			gp_buf_str(out, *++p == 'n' ? name : value);
		else
			gp_buf_chr(out, *p);
	}
}

static struct gp_secrets *all_rules;

static int open_rules(void **state)
{
	(void)state;
	use_built_secrets();
	return gp_secrets_open(&all_rules);
}

static int free_rules(void **state)
{
	(void)state;
	gp_secrets_free(&all_rules);
	return 0;
}

static void read_cases(struct gp_buf *out, const char *name)
{
	gp_auto(gp_buf) path = {0};

	gp_buf_fmt(&path, "tests/cases/secrets/%s", name);
	if (gp_file_read(out, AT_FDCWD, gp_buf_text(&path), (size_t)1 << 20, false))
		fail_msg("%s", gp_message());
}

/* The fields of a row; false for comments. */
static bool row(char **field, size_t n, struct gp_slice *rest)
{
	struct gp_slice line;

	for (size_t i = 0; i < n; i++)
		field[i] = NULL;
	if (!gp_line(&line, rest) || line.n == 0 || line.p[0] == '#')
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *tab = i + 1 < n ? memchr(line.p, '\t', line.n) : NULL;
		size_t len = tab ? (size_t)(tab - line.p) : line.n;

		field[i] = gp_strndup(line.p, len);
		line.p += tab ? len + 1 : len;
		line.n -= tab ? len + 1 : len;
	}
	return true;
}

static bool has_rule(const struct gp_secret_list *l, const char *id)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].rule->id, id) == 0)
			return true;
	return false;
}

struct score {
	size_t there, found, named, quiet, noise;
};

/* One filled text: is what should be found found, and by its own rule? */
static void score_found(struct score *s, struct gp_secrets *sec, const char *id, struct gp_slice t)
{
	gp_auto(gp_secret_list) l = {0};

	assert_int_equal(gp_secrets_scan(&l, sec, t, "src/main.c"), 0);
	s->there++;
	s->found += l.n > 0;
	s->named += has_rule(&l, id);
	if (l.n == 0)
		print_message("# missed: %s: %.100s\n", id, t.p);
	else if (!has_rule(&l, id))
		print_message("# named %s: %s: %.100s\n", l.v[0].rule->id, id, t.p);
}

static void score_quiet(struct score *s, struct gp_secrets *sec, const char *path,
                        struct gp_slice text)
{
	gp_auto(gp_secret_list) l = {0};

	assert_int_equal(gp_secrets_scan(&l, sec, text, path), 0);
	s->quiet++;
	s->noise += l.n > 0;
	for (size_t i = 0; i < l.n; i++)
		print_message("# noise: %s: %s: %.100s\n", l.v[i].rule->id, path, text.p);
}

static void found_corpus(struct score *s, struct gp_secrets *sec)
{
	gp_auto(gp_buf) cases = {0};
	struct gp_slice rest;
	size_t at = 0;

	read_cases(&cases, "found.tsv");
	for (rest = gp_buf_all(&cases); rest.n;) {
		char *f[3];

		if (!row(f, 3, &rest))
			continue;
		for (int i = 0; i < 2; i++) {
			gp_auto(gp_buf) value = {0};
			gp_auto(gp_buf) text = {0};

			fill(&value, f[2]);
			gp_buf_str(&text, "int x;\n");
			if (strcmp(f[1], "-") == 0)
				gp_buf_slice(&text, gp_buf_all(&value));
			else
				place(&text, places[at++ % GP_COUNT(places)], f[1],
				      gp_buf_text(&value));
			gp_buf_str(&text, "\nreturn x;\n");
			score_found(s, sec, f[0], gp_buf_all(&text));
		}
		for (int i = 0; i < 3; i++)
			gp_free(f[i]);
	}
}

static void quiet_corpus(struct score *s, struct gp_secrets *sec)
{
	gp_auto(gp_buf) cases = {0};
	struct gp_slice rest;

	read_cases(&cases, "quiet.tsv");
	for (rest = gp_buf_all(&cases); rest.n;) {
		bool more = true;
		char *f[2];

		if (!row(f, 2, &rest))
			continue;
		for (int i = 0; i < 4 && more; i++) {
			gp_auto(gp_buf) text = {0};

			more = fill(&text, f[1]);
			gp_buf_chr(&text, '\n');
			score_quiet(s, sec, f[0], gp_buf_all(&text));
		}
		gp_free(f[0]);
		gp_free(f[1]);
	}
}

static void test_corpus(void **state)
{
	struct gp_secrets *sec = all_rules;
	struct score s = {0};
	double recall, precision;

	(void)state;
	seed = 20240501;
	found_corpus(&s, sec);
	quiet_corpus(&s, sec);
	recall = (double)s.found / (double)s.there;
	precision = (double)s.found / (double)(s.found + s.noise);
	print_message(
		"# secrets: %zu rules; %zu of %zu found (recall %.4f), %zu by their own rule; "
		"%zu of %zu quiet lines spoke (precision %.4f)\n",
		gp_secrets_rules(sec)->n, s.found, s.there, recall, s.named, s.noise, s.quiet,
		precision);
	assert_true(gp_secrets_rules(sec)->n >= 150);
	assert_true(s.there >= 400 && s.quiet >= 400);
	assert_true(recall >= RECALL);
	assert_true(precision >= PRECISION);
	assert_true((double)s.named >= 0.95 * (double)s.there);
}

/* One filled pattern in a text of its own, scanned. */
static void scan(struct gp_secret_list *out, struct gp_buf *text, const char *pattern,
                 const char *path)
{
	fill(text, pattern);
	assert_int_equal(gp_secrets_scan(out, all_rules, gp_buf_all(text), path), 0);
}

static void test_place(void **state)
{
	gp_auto(gp_secret_list) l = {0};
	gp_auto(gp_buf) text = {0};

	(void)state;
	scan(&l, &text, "a = 1\nTOKEN='ghp_{a:36}' # x\nb = npm_{a:36}\n", "a.py");
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[0].rule->id, "github-token");
	assert_int_equal(l.v[0].n, 40);
	assert_memory_equal(text.p + l.v[0].from, "ghp_", 4);
	assert_int_equal(text.p[l.v[0].from + 40], '\'');
	assert_string_equal(l.v[1].rule->id, "npm-token");
}

/* A vendor's rule is named, not the vague one that sees the same place. */
static void test_precedence(void **state)
{
	gp_auto(gp_secret_list) l = {0};
	gp_auto(gp_buf) text = {0};

	(void)state;
	scan(&l, &text, "api_key = \"AIza{a:35}\"\n", "a.py");
	assert_int_equal(l.n, 1);
	assert_string_equal(l.v[0].rule->id, "google-api-key");
}

static void test_part_of_a_word(void **state)
{
	gp_auto(gp_secret_list) l = {0};
	gp_auto(gp_buf) text = {0};

	(void)state;
	scan(&l, &text, "x{a:8}AKIA{B:16}\nAKIA{B:16}{B:4}\n", "a.py");
	assert_int_equal(l.n, 0);
	gp_buf_cut(&text, 0);
	scan(&l, &text, "\\\\nAKIA{B:16}\n", "a.py");
	assert_int_equal(l.n, 1);
}

static const char *base64(struct gp_buf *out, struct gp_slice in)
{
	static const char set[] = UPPER LOWER DIGITS "+/";

	for (size_t i = 0; i < in.n; i += 3) {
		unsigned v = (unsigned)(unsigned char)in.p[i] << 16;

		v |= i + 1 < in.n ? (unsigned)(unsigned char)in.p[i + 1] << 8 : 0;
		v |= i + 2 < in.n ? (unsigned)(unsigned char)in.p[i + 2] : 0;
		for (int k = 18; k >= 0; k -= 6)
			gp_buf_chr(out, set[v >> k & 63]);
	}
	return gp_buf_text(out);
}

static void test_wrapped(void **state)
{
	gp_auto(gp_secret_list) l = {0};
	gp_auto(gp_buf) plain = {0};
	gp_auto(gp_buf) wrapped = {0};
	gp_auto(gp_buf) text = {0};

	(void)state;
	fill(&plain, "user=web\ntoken=glpat-{a:20}\n");
	gp_buf_fmt(&text, "data:\n  env: %s\n", base64(&wrapped, gp_buf_all(&plain)));
	assert_int_equal(gp_secrets_scan(&l, all_rules, gp_buf_all(&text), "k8s.yaml"), 0);
	assert_int_equal(l.n, 1);
	assert_string_equal(l.v[0].rule->id, "gitlab-token");
	assert_true(l.v[0].encoded);
	assert_int_equal(l.v[0].from, 13);
	assert_int_equal(l.v[0].n, wrapped.n);
}

/* Encoders break lines at 64 or 76 characters: a credential may stand on both sides. */
static void test_broken(void **state)
{
	static const struct {
		size_t columns;
		const char *indent, *end;
	} rows[] = {{64, "", "\n"}, {76, "    ", "\n"}, {76, "", "\r\n"}, {20, "  ", "\n"}};
	gp_auto(gp_buf) plain = {0};
	gp_auto(gp_buf) wrapped = {0};

	(void)state;
	fill(&plain, "database: shop\nuser: web\ntoken: glpat-{a:20}\nport: 543210\n");
	base64(&wrapped, gp_buf_all(&plain));
	for (size_t i = 0; i < GP_COUNT(rows); i++) {
		gp_auto(gp_secret_list) l = {0};
		gp_auto(gp_buf) text = {0};

		gp_buf_fmt(&text, "data: |%s", rows[i].end);
		for (size_t at = 0; at < wrapped.n; at += rows[i].columns)
			gp_buf_fmt(&text, "%s%.*s%s", rows[i].indent, (int)rows[i].columns,
			           wrapped.p + at, rows[i].end);
		gp_buf_str(&text, "more: yes\n");
		assert_int_equal(gp_secrets_scan(&l, all_rules, gp_buf_all(&text), "k8s.yaml"), 0);
		assert_int_equal(l.n, 1);
		assert_string_equal(l.v[0].rule->id, "gitlab-token");
		assert_true(l.v[0].encoded);
	}
}

static void test_wide(void **state)
{
	gp_auto(gp_buf) plain = {0};

	(void)state;
	fill(&plain, "$t = 'ghp_{a:36}'\r\n");
	for (int big = 0; big < 2; big++) {
		gp_auto(gp_secret_list) l = {0};
		gp_auto(gp_buf) text = {0};

		gp_buf_add(&text, big ? "\xfe\xff" : "\xff\xfe", 2);
		for (size_t i = 0; i < plain.n; i++) {
			gp_buf_chr(&text, big ? 0 : plain.p[i]);
			gp_buf_chr(&text, big ? plain.p[i] : 0);
		}
		assert_int_equal(gp_secrets_scan(&l, all_rules, gp_buf_all(&text), "a.ps1"), 0);
		assert_int_equal(l.n, 1);
		assert_int_equal(l.v[0].from, 2 + 2 * 6);
		assert_int_equal(l.v[0].n, 80);
	}
}

/* One line of a megabyte, as minified files are: found at its end, and in linear time. */
static void test_long_line(void **state)
{
	gp_auto(gp_secret_list) l = {0};
	gp_auto(gp_buf) text = {0};

	(void)state;
	text.max = (size_t)8 << 20;
	for (int i = 0; i < 100000; i++)
		gp_buf_str(&text, "password=b();");
	scan(&l, &text, "t=\"ghp_{a:36}\"", "app.js");
	assert_int_equal(l.n, 1);
}

static void test_redact(void **state)
{
	gp_auto(gp_buf) out = {0};

	(void)state;
	gp_secret_redact(&out, GP_SLICE("abcdefghijklmnop"));
	assert_string_equal(gp_buf_text(&out), "abcd... (16 characters)");
	gp_buf_cut(&out, 0);
	gp_secret_redact(&out, GP_SLICE("hunter2"));
	assert_string_equal(gp_buf_text(&out), "... (7 characters)");
}

/* Each of these would find nothing: each has to be an error. */
static void test_no_silent_pass(void **state)
{
	gp_auto(gp_buf) table = {0};
	gp_auto(gp_buf) db = {.max = (size_t)64 << 20};
	gp_auto_str char *built = gp_strdup(getenv("GP_SECRETS"));
	gp_auto(gp_buf) built_db = {0};
	char dir[] = "/tmp/gp-secrets-XXXXXX", path[64], db_path[64];
	struct gp_secrets *s = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/secrets.tsv", dir);
	snprintf(db_path, sizeof(db_path), "%s/secrets.db", dir);
	setenv("GP_SECRETS", path, 1);
	assert_int_equal(gp_secrets_open(&s), GP_NOTFOUND);

	assert_int_equal(gp_file_read(&table, AT_FDCWD, built, (size_t)1 << 20, false), 0);
	assert_int_equal(gp_file_put(path, gp_buf_all(&table), 0644), 0);
	assert_int_equal(gp_secrets_open(&s), GP_NOTFOUND);

	gp_buf_add(&built_db, built, strlen(built) - 3);
	gp_buf_str(&built_db, "db");
	assert_int_equal(gp_file_read(&db, AT_FDCWD, gp_buf_text(&built_db), db.max, false), 0);
	assert_int_equal(gp_file_put(db_path, gp_buf_all(&db), 0644), 0);
	assert_int_equal(gp_secrets_open(&s), 0);
	gp_secrets_free(&s);

	gp_buf_str(&table, "# changed\n");
	assert_int_equal(gp_file_put(path, gp_buf_all(&table), 0644), 0);
	assert_int_equal(gp_secrets_open(&s), GP_INVALID);
	gp_buf_cut(&table, table.n - 10);
	assert_int_equal(gp_file_put(path, gp_buf_all(&table), 0644), 0);

	db.p[db.n / 2] ^= 1;
	assert_int_equal(gp_file_put(db_path, gp_buf_all(&db), 0644), 0);
	assert_int_equal(gp_secrets_open(&s), GP_INVALID);
	gp_buf_cut(&db, 30);
	assert_int_equal(gp_file_put(db_path, gp_buf_all(&db), 0644), 0);
	assert_int_equal(gp_secrets_open(&s), GP_INVALID);
	setenv("GP_SECRETS", built, 1);
	gp_file_remove(dir);
}

static void test_bad_rows(void **state)
{
	static const char *const bad[] = {
		"a\tb\tc\n",
		"Id\twhat\t-\tx\t-\t-\t-\n",
		"a\twhat\t-\t-\t-\t-\t-\n",
		"a\twhat\t-\tx\tmany\t-\t-\n",
		"a\twhat\t-\tx\t9\t-\t-\n",
		"a\twhat\t-\tx\t-\t-\tnever\n",
		"a\twhat\t-\tx\t-\t-\t-\t-\n",
		"a\twhat\t\tx\t-\t-\t-\n",
		"a\tw\t-\tx\t-\t-\t-\na\tw\t-\ty\t-\t-\t-\n",
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		gp_auto(gp_rules) r = {0};

		assert_int_equal(gp_rules_parse(&r, gp_slice(bad[i])), GP_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpus),     cmocka_unit_test(test_place),
		cmocka_unit_test(test_precedence), cmocka_unit_test(test_part_of_a_word),
		cmocka_unit_test(test_wrapped),    cmocka_unit_test(test_broken),
		cmocka_unit_test(test_wide),       cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_redact),     cmocka_unit_test(test_no_silent_pass),
		cmocka_unit_test(test_bad_rows),
	};

	return cmocka_run_group_tests(tests, open_rules, free_rules);
}

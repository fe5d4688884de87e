/*
 * secrets.c - how fast text is scanned for credentials, on one core: our one walk; grep -P with the
 * same rules in one expression; secretlint from npm, which is on PATH or named in SECRETLINT. And
 * what a scan costs before its first byte: loading the rules.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/vet/secrets.h"
#include "tests/bench/common/bench.h"
#include "tests/built.h"

enum { ROUNDS = 5, GREP_BYTES = 256 * 1024, GREP_PATTERN = 4000 };

/* Lines as sources have them, with names that the vague rules look at now and then. */
static void write_source(struct gp_buf *out, size_t bytes)
{
	static const char *const lines[] = {
		"static int parse_header(struct buffer *out, const char *text, size_t n)\n",
		"\tif (token->kind != TOKEN_IDENT || token->length > MAX_NAME)\n",
		"        self.assertEqual(response.status_code, 404)\n",
		"  const [state, setState] = useState({ loading: true, error: null });\n",
		"    password = request.form.get(\"password\", \"\")\n",
		"/* The caller keeps the lock until the last reader has gone. */\n",
		"\t\treturn fmt.Errorf(\"cannot open %s: %w\", path, err)\n",
		"      \"resolved\": \"https://registry.example.org/left-pad-1.3.0.tgz\",\n",
		"export const apiKey = process.env.API_KEY ?? '';\n",
		"#define REGISTER_OFFSET(base, n) ((base) + (n) * sizeof(uint32_t))\n",
		"\n",
		"                for index, value in enumerate(sorted(values, key=len)):\n",
	};

	for (unsigned i = 0; out->n < bytes; i++)
		gp_buf_str(out, lines[(i * 7 + i / 11) % GP_COUNT(lines)]);
}

static void bench_ours(struct gp_slice text)
{
	double load[ROUNDS], scan[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		gp_auto_secrets struct gp_secrets *s = NULL;
		gp_auto(gp_secret_list) l = {0};
		double began = bench_ms();

		bench_check(gp_secrets_open(&s));
		load[i] = bench_ms() - began;
		began = bench_ms();
		bench_check(gp_secrets_scan(&l, s, text, "src/main.c"));
		scan[i] = bench_ms() - began;
	}
	bench_say("secrets", "load the rules", bench_median(load, ROUNDS), "ms");
	bench_rate("secrets", "scan, all rules", text.n, bench_median(scan, ROUNDS));
}

/* The rules from one on as one alternation, as many as grep compiles; returns the next. */
static size_t some_rules(struct gp_buf *out, const struct gp_rules *r, size_t from)
{
	size_t i = from;

	for (; i < r->n && out->n < GREP_PATTERN; i++) {
		if (r->v[i].lines)
			continue;
		gp_buf_str(out, out->n ? "|(?:" : "(?:");
		gp_rule_exact(out, &r->v[i]);
		gp_buf_chr(out, ')');
	}
	return i;
}

/* grep -P takes one expression a run, and a long one not at all: as few runs as hold them. */
static void bench_grep(const char *dir, struct gp_slice text)
{
	gp_auto_secrets struct gp_secrets *s = NULL;
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) rules = {0};
	const struct gp_rules *r;
	double ms = 0;

	bench_check(gp_secrets_open(&s));
	r = gp_secrets_rules(s);
	gp_buf_fmt(&rules, "%s/rules", dir);
	gp_buf_fmt(&path, "%s/text", dir);
	bench_check(gp_file_put(gp_buf_text(&path), (struct gp_slice){text.p, GREP_BYTES}, 0600));
	for (size_t i = 0; i < r->n;) {
		gp_auto(gp_buf) pattern = {0};
		const char *const argv[] = {"env",
		                            "LC_ALL=C",
		                            "grep",
		                            "-c",
		                            "-P",
		                            "-f",
		                            gp_buf_text(&rules),
		                            gp_buf_text(&path),
		                            NULL};
		struct bench_run run = {.argv = argv};

		i = some_rules(&pattern, r, i);
		bench_check(gp_file_put(gp_buf_text(&rules), gp_buf_all(&pattern), 0600));
		bench_run(&run);
		if (run.exit > 1)
			bench_fail("grep -P refuses the rules before %zu", i);
		ms += run.ms;
	}
	bench_rate("secrets", "grep -P, the same rules", GREP_BYTES, ms);
}

static void bench_secretlint(const char *dir, struct gp_slice text)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) rc = {0};
	gp_auto(gp_buf) program = {0};
	struct bench_run run = {.cwd = dir};

	if (getenv("SECRETLINT"))
		gp_buf_str(&program, getenv("SECRETLINT"));
	else if (gp_file_which(&program, "secretlint", getenv("PATH"))) {
		printf("secrets\tsecretlint\tNOT MEASURED: not installed\t\n");
		fprintf(stderr,
		        "bench: no secretlint to compare with: npm install secretlint "
		        "@secretlint/secretlint-rule-preset-recommend, and put it on PATH or "
		        "name it in SECRETLINT\n");
		return;
	}
	gp_buf_fmt(&path, "%s/main.c", dir);
	gp_buf_fmt(&rc, "%s/.secretlintrc.json", dir);
	bench_check(gp_file_put(gp_buf_text(&path), text, 0600));
	bench_write(gp_buf_text(&rc),
	            "{\"rules\":[{\"id\":\"@secretlint/secretlint-rule-preset-recommend\"}]}");
	run.argv = (const char *const[]){gp_buf_text(&program), "main.c", NULL};
	bench_run(&run);
	if (run.exit == 0 || run.exit == 1)
		bench_rate("secrets", "secretlint, its rules", text.n, run.ms);
	else
		printf("secrets\tsecretlint\tfails with status %d\t\n", run.exit);
}

int main(void)
{
	const char *home = bench_home();
	gp_auto(gp_buf) text = {.max = (size_t)64 << 20};

	bench_note("secrets",
	           "text scanned for credentials, on one core, and other scanners beside");
	use_built_secrets();
	write_source(&text, (size_t)32 << 20);
	bench_ours(gp_buf_all(&text));
	bench_grep(home, gp_buf_all(&text));
	bench_secretlint(home, gp_buf_all(&text));
	return 0;
}

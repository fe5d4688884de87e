/*
 * secrets_db - compiles secrets.tsv into the one walk that looks for all of it; run by make.
 *
 *	secrets_db secrets.tsv secrets.db
 *
 * The walk is compiled for any processor of this architecture: a package is built on one machine
 * and used on others.
 */
#include <fcntl.h>
#include <hs/hs.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/file.h"
#include "lib/vet/rules.h"

static const hs_platform_info_t any_machine = {.tune = HS_TUNE_FAMILY_GENERIC};

static int compile(hs_database_t **out, const struct gp_rules *rules)
{
	gp_auto(gp_list) text = {0};
	unsigned *flags = gp_alloc((rules->n + 1) * sizeof(*flags));
	unsigned *ids = gp_alloc((rules->n + 1) * sizeof(*ids));
	hs_compile_error_t *error = NULL;
	int e = 0;

	for (size_t i = 0; i < rules->n; i++) {
		gp_auto(gp_buf) one = {0};

		gp_rule_pass(&one, &rules->v[i]);
		gp_list_add(&text, gp_buf_text(&one));
		flags[i] = HS_FLAG_MULTILINE;
		ids[i] = (unsigned)i;
	}
	if (hs_compile_multi((const char *const *)text.v, flags, ids, (unsigned)rules->n,
	                     HS_MODE_BLOCK, &any_machine, out, &error) != HS_SUCCESS)
		e = gp_fail(GP_INVALID, "cannot compile the rule '%s': %s",
		            error->expression >= 0 ? rules->v[error->expression].id : "?",
		            error->message);
	hs_free_compile_error(error);
	gp_free(flags);
	gp_free(ids);
	return e;
}

static int make(const char *table_path, const char *db_path)
{
	gp_auto(gp_buf) table = {0};
	gp_auto(gp_buf) out = {.max = (size_t)64 << 20};
	gp_auto(gp_rules) rules = {0};
	hs_database_t *db = NULL;
	char *bytes = NULL;
	size_t n = 0;
	int e = gp_file_read(&table, AT_FDCWD, table_path, (size_t)1 << 20, false);

	if (!e)
		e = gp_rules_parse(&rules, gp_buf_all(&table));
	if (!e)
		e = compile(&db, &rules);
	if (!e && hs_serialize_database(db, &bytes, &n) != HS_SUCCESS)
		e = gp_fail(GP_FAILED, "cannot write the compiled rules down");
	if (!e) {
		gp_buf_fmt(&out, GP_RULES_DB_HEAD, (unsigned long long)rules.digest);
		gp_buf_add(&out, bytes, n);
		e = gp_file_put(db_path, gp_buf_all(&out), 0644);
	}
	free(bytes);
	hs_free_database(db);
	return e;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: secrets_db <table> <database>\n");
		return 129;
	}
	if (make(argv[1], argv[2])) {
		fprintf(stderr, "error: %s: %s\n", argv[1], gp_message());
		return 128;
	}
	return 0;
}

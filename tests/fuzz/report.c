#include "lib/trial/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		__builtin_trap();
}

/* Reads the bytes as a run's output and judges it as if the command had failed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_slice output = {(const char *)data, size};
	gp_auto(gp_report) r = {0};
	gp_auto(gp_judgement) j = {0};
	gp_auto(gp_changes) files = {0};
	struct gp_evidence e = {.exit = 1, .output = output, .report = &r};
	size_t lines = 0;

	gp_report_read(&r, output);
	for (size_t i = 0; i < r.n; i++)
		must(gp_utf8_valid(gp_slice(r.v[i].id)));
	gp_changes_set(&files, "test/a.test.js", 0100644, GP_SLICE("test()"));
	gp_judge(&j, &e, size % 2 ? &files : NULL);
	must(j.verdict != GP_VERDICT_PASS);
	must(j.reason.n > 0 && gp_utf8_valid(gp_buf_all(&j.reason)));
	must(gp_utf8_valid(gp_slice(j.symbol)) && gp_utf8_valid(gp_buf_all(&j.lines)));
	for (size_t i = 0; i < j.lines.n; i++)
		lines += j.lines.p[i] == '\n';
	must(lines <= 60);
	return 0;
}

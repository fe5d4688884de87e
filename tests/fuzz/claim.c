#include <string.h>

#include "lib/base/json.h"
#include "lib/preview/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		__builtin_trap();
}

static void run(struct gp_trial_result *r, const char *output, int status)
{
	struct gp_evidence e = {.exit = status, .report = &r->report};

	r->exit = status;
	gp_buf_str(&r->output, output);
	e.output = gp_buf_all(&r->output);
	gp_report_read(&r->report, e.output);
	gp_judge(&r->judgement, &e, NULL);
}

/* A commit message, and from the first line that begins with a brace on, a note: both are compared
 * with runs of a sound preview. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_slice message = {(const char *)data, size};
	gp_auto(gp_claim) c = {.squashed = true};
	gp_auto(gp_trial_result) base = {0};
	gp_auto(gp_trial_result) red = {0};
	gp_auto(gp_trial_result) green = {0};
	gp_auto(gp_trial_result) suite = {0};
	gp_auto(gp_table) t = {0};
	gp_auto(gp_list) none = {0};
	const struct gp_found f = {.base = (enum gp_base_state)(size % 4),
	                           .runs = {&base, &red, &green, &suite, false},
	                           .touched = &none};
	const char *note = gp_find(message, "\n{");

	run(&base, "1..1\nok 1 - old\n", 0);
	run(&red, "1..1\nnot ok 1 - new\n# expected 3, got 4\n", 1);
	run(&green, "1..1\nok 1 - new\n", 0);
	run(&suite, "1..2\nok 1 - old\nok 2 - new\n", 0);
	if (note) {
		struct gp_slice text = {note + 1, message.n - (size_t)(note + 1 - message.p)};

		message.n -= text.n;
		if (gp_record_parse(&c.record.json, text))
			gp_buf_str(&c.record.why, gp_message());
		else
			c.record.by = "commit";
		c.record.ref = gp_strdup("refs/notes/preview");
	}
	if (note && c.record.json) {
		gp_auto(gp_buf) plain = {0};

		gp_record_plain(&plain, c.record.json,
		                (struct gp_slice){note + 1, size - message.n});
	}
	gp_trailers_read(&c.said, message);
	for (size_t i = 0; i < GP_TRAILERS; i++)
		must(gp_utf8_valid(gp_slice(c.said.v[i])) && !gp_find(gp_slice(c.said.v[i]), "\n"));
	if (!c.said.v[GP_TRAILER_ID])
		return 0;
	memset(c.base.hex, 'a', 40);
	memset(c.base_tree.hex, 'b', 40);
	memset(c.test_tree.hex, 'c', 40);
	memset(c.full_tree.hex, 'd', 40);
	gp_rows_compare(&t, &c, &f);
	must(t.n > 0);
	return 0;
}

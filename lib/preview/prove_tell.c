#include "lib/base/json.h"
#include "lib/base/term_text.h"
#include "lib/preview/prove_in.h"

#define CLAIMED_COLUMNS 40

static void tell_event(struct gp_term *t, const struct gp_claim *c, const struct gp_table *table)
{
	struct cJSON *j = gp_json_object(), *rows = gp_json_array();

	gp_json_put_bytes(j, "preview", gp_slice(c->name));
	gp_json_put_str(j, "id", c->said.v[GP_TRAILER_ID]);
	gp_json_put_str(j, "tip", c->tip.hex);
	gp_json_put_str(j, "base", c->base.hex);
	gp_json_put_str(j, "test_tree", c->test_tree.hex);
	gp_json_put_str(j, "full_tree", c->full_tree.hex);
	gp_json_put_bool(j, "squashed", c->squashed);
	gp_json_put_bool(j, "holds", gp_table_holds(table));
	for (size_t i = 0; i < table->n; i++) {
		const struct gp_row *r = &table->v[i];
		struct cJSON *row = gp_json_object();

		gp_json_put_str(row, "what", r->what);
		gp_json_put_str(row, "state", gp_row_word(r->state));
		gp_json_put_bytes(row, "claimed", gp_buf_all(&r->claimed));
		gp_json_put_bytes(row, "found", gp_buf_all(&r->found));
		gp_json_push(rows, row);
	}
	gp_json_put(j, "rows", rows);
	gp_term_event(t, "proof", j);
}

static void tell_row(struct gp_term *t, const char *state, const char *what,
                     struct gp_slice claimed, const char *found)
{
	gp_auto(gp_buf) line = {0};
	gp_auto(gp_buf) clean = {0};
	size_t columns;

	gp_term_one_line(&clean, claimed);
	gp_term_cut(&line, gp_buf_all(&clean), CLAIMED_COLUMNS);
	columns = gp_term_columns(gp_buf_all(&line));
	gp_term_result(t, "%-7s  %-11s  %s%*s  %s", state, what, gp_buf_text(&line),
	               (int)(CLAIMED_COLUMNS > columns ? CLAIMED_COLUMNS - columns : 0), "", found);
}

static bool is_bad(const struct gp_row *r)
{
	return r->state == GP_ROW_DIFFERS || r->state == GP_ROW_FAILS;
}

static void tell_aside(struct gp_term *t, const struct gp_claim *c, const struct gp_table *table)
{
	for (size_t i = 0; i < table->n; i++)
		if (is_bad(&table->v[i]))
			gp_term_warn(t, "%s: %s %s: claimed %s, found %s", c->name,
			             table->v[i].what, gp_row_word(table->v[i].state),
			             gp_buf_text(&table->v[i].claimed),
			             gp_buf_text(&table->v[i].found));
}

void gp_prove_tell(struct gp_term *t, const struct gp_claim *c, const struct gp_table *table,
                   bool aside)
{
	const struct gp_row *bad = NULL;

	tell_event(t, c, table);
	if (aside) {
		tell_aside(t, c, table);
		return;
	}
	tell_row(t, "", "", GP_SLICE("claimed"), "found");
	for (size_t i = 0; i < table->n; i++) {
		const struct gp_row *r = &table->v[i];

		tell_row(t, gp_row_word(r->state), r->what, gp_buf_all(&r->claimed),
		         gp_buf_text(&r->found));
		if (!bad && is_bad(r))
			bad = r;
	}
	if (bad)
		gp_term_result(t, "not as claimed: %s: %s: %s", c->name, bad->what,
		               gp_buf_text(&bad->found));
	else
		gp_term_result(t, "proven again: %s", c->name);
}

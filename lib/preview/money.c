#include "lib/preview/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"

/* Tokens of a body at most: a token is seldom under two bytes of source or JSON. */
#define WORST_BYTES_A_TOKEN 2.5

int gp_money_start(struct gp_preview *p)
{
	struct gp_money *m = &p->money;

	m->budget = gp_conf_money(p->o->conf, "budget.request");
	m->priced = p->model.price.in >= 0 && p->model.price.out >= 0;
	if (!m->priced && m->budget <= 0) {
		gp_fail(GP_LIMIT,
		        "the price of model '%s' is not known, so a budget of 0 cannot be kept",
		        p->model.name);
		gp_hint("set model.price-in and model.price-out in your settings, to 0 for a model "
		        "that costs nothing");
		gp_end_message(p, GP_STATUS_BUDGET, "budget");
		return GP_LIMIT;
	}
	if (!m->priced)
		gp_term_warn(p->o->term,
		             "the price of model '%s' is not known: limited to %lld tokens instead "
		             "of %.2f USD",
		             p->model.name, GP_UNPRICED_TOKENS, m->budget);
	return 0;
}

/* However the input is billed: as new, as read from the cache, as written to it. */
static double worst_price(const struct gp_price *price, long long in, long long out)
{
	double fresh = gp_price_of(price, in, 0, 0, out);
	double read = gp_price_of(price, in, in, 0, out);

	return fmax(fmax(fresh, read), gp_price_of(price, in, 0, in, out));
}

static long long worst_input(const struct gp_preview *p)
{
	return (long long)((double)gp_talk_size(p->talk) / WORST_BYTES_A_TOKEN) + 1;
}

static int reserve_tokens(struct gp_preview *p, long long *max_output)
{
	long long in = worst_input(p);
	long long left = GP_UNPRICED_TOKENS - p->money.usage.in - p->money.usage.out - in;

	if (left < GP_OUTPUT_FLOOR)
		return gp_fail(GP_LIMIT, "the next call could pass %lld tokens",
		               GP_UNPRICED_TOKENS);
	if (*max_output > left)
		*max_output = left;
	return 0;
}

int gp_money_reserve(struct gp_preview *p, long long *max_output)
{
	struct gp_money *m = &p->money;
	const struct gp_price *price = &p->model.price;
	long long in = worst_input(p);
	double least, out_price;

	*max_output = p->model.max_output;
	if (!m->priced)
		return reserve_tokens(p, max_output);
	least = worst_price(price, in, GP_OUTPUT_FLOOR);
	if (m->spent + least > m->budget) {
		gp_fail(GP_LIMIT,
		        "the next call could cost %.4f USD and %.4f of %.2f USD are spent", least,
		        m->spent, m->budget);
		gp_hint("raise the limit with --budget <usd>, or choose a cheaper --model");
		return GP_LIMIT;
	}
	out_price = (worst_price(price, in, 1000000) - worst_price(price, in, 0)) / 1e6;
	if (out_price > 0) {
		double room = (m->budget - m->spent - worst_price(price, in, 0)) / out_price;

		if (room < (double)*max_output)
			*max_output = (long long)floor(room);
	}
	m->reserved = worst_price(price, in, *max_output);
	return 0;
}

bool gp_money_allows_retry(struct gp_preview *p)
{
	const struct gp_money *m = &p->money;
	struct gp_usage u;
	double paid;

	gp_talk_used(&u, p->talk);
	paid = gp_price_of(&p->model.price, u.in, u.cached, u.written, u.out);
	if (!m->priced || paid <= 0 || m->spent + paid + m->reserved <= m->budget)
		return true;
	gp_fail(GP_LIMIT,
	        "the answer broke off, and another try could cost %.4f USD: %.4f of %.2f USD are "
	        "spent",
	        m->reserved, m->spent + paid, m->budget);
	gp_hint("raise the limit with --budget <usd>");
	return false;
}

static const char *const turn_words[] = {"done", "cut", "refused", "failed"};

/* One line a call in the user's ledger, whatever repository it was for. */
static void write_ledger(struct gp_preview *p, const struct gp_turn *t, double usd)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) line = {0};
	gp_auto_json struct cJSON *j = gp_json_object();
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	int e;

	if (state && *state == '/')
		gp_buf_fmt(&path, "%s/codexflow", state);
	else if (home && *home == '/')
		gp_buf_fmt(&path, "%s/.local/state/codexflow", home);
	else
		gp_buf_str(&path, gp_repo_folder(p->o->repo));
	gp_json_put_int(j, "schema", 1);
	gp_json_put_int(j, "time", gp_wall_s());
	gp_json_put_str(j, "run", p->id);
	gp_json_put_bytes(j, "repository", gp_slice(gp_repo_common(p->o->repo)));
	gp_json_put_str(j, "model", p->model.name);
	gp_json_put_str(j, "end", turn_words[t->end]);
	gp_json_put_int(j, "tries", t->tries);
	gp_json_put_int(j, "in", t->usage.in);
	gp_json_put_int(j, "cached", t->usage.cached);
	gp_json_put_int(j, "written", t->usage.written);
	gp_json_put_int(j, "out", t->usage.out);
	gp_json_put_int(j, "reasoning", t->usage.reasoning);
	gp_json_put_bool(j, "reported", t->usage.reported);
	if (usd >= 0) {
		gp_json_put_num(j, "usd", usd);
		gp_json_put_num(j, "reserved", p->money.reserved);
	}
	e = gp_json_print(&line, j);
	gp_buf_chr(&line, '\n');
	if (!e)
		e = gp_file_mkdirs(gp_buf_text(&path));
	gp_buf_str(&path, "/ledger.jsonl");
	if (!e)
		e = gp_file_append(gp_buf_text(&path), gp_buf_all(&line));
	if (e)
		gp_term_warn(p->o->term, "cannot keep the ledger: %s", gp_message());
}

void gp_money_settle(struct gp_preview *p, const struct gp_turn *t)
{
	struct gp_money *m = &p->money;
	const struct gp_usage *u = &t->usage;
	double usd =
		m->priced ? gp_price_of(&p->model.price, u->in, u->cached, u->written, u->out) : -1;

	m->calls++;
	m->usage.in += u->in;
	m->usage.cached += u->cached;
	m->usage.written += u->written;
	m->usage.out += u->out;
	m->usage.reasoning += u->reasoning;
	if (usd > 0)
		m->spent += usd;
	write_ledger(p, t, usd);
	m->reserved = 0;
}

void gp_money_text(struct gp_buf *out, const struct gp_money *m)
{
	if (m->priced)
		gp_buf_fmt(out, "%.4f USD", m->spent);
	else
		gp_buf_fmt(out, "%lld tokens, price not known", m->usage.in + m->usage.out);
}

void gp_money_so_far(struct gp_buf *out, const struct gp_preview *p)
{
	long long in = (long long)((double)gp_talk_size(p->talk) / GP_TOKEN_BYTES);
	long long written = (long long)((double)p->streamed / GP_TOKEN_BYTES);

	if (p->money.priced)
		gp_buf_fmt(out, "%.4f USD",
		           p->money.spent + gp_price_of(&p->model.price, in, 0, 0, written));
}

#include "lib/model/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/data.h"

#define TABLE_MAX ((size_t)1 << 20)
#define PRICE_MAX 1e6 /* beyond this a number is a slip, and sums stay exact */

enum column { ID, IN, CACHED, WRITE, OUT, LONG_FROM, IN_LONG, OUT_LONG, DATE, SOURCE, COLUMNS };

static const struct gp_price unknown = {
	.in = -1, .cached = -1, .write = -1, .out = -1, .in_long = -1, .out_long = -1};

static bool split(struct gp_slice cell[COLUMNS], struct gp_slice line)
{
	const char *tab;

	for (int i = 0; i < COLUMNS - 1; i++) {
		tab = line.n ? memchr(line.p, '\t', line.n) : NULL;
		if (!tab)
			return false;
		cell[i] = (struct gp_slice){line.p, (size_t)(tab - line.p)};
		line.n -= cell[i].n + 1;
		line.p = tab + 1;
	}
	cell[COLUMNS - 1] = line;
	return line.n && !memchr(line.p, '\t', line.n);
}

static bool number(double *out, struct gp_slice cell)
{
	char text[32], *end;

	*out = -1;
	if (gp_slice_is(cell, "-"))
		return true;
	if (cell.n == 0 || cell.n >= sizeof(text) || cell.p[0] < '0' || cell.p[0] > '9')
		return false;
	memcpy(text, cell.p, cell.n);
	text[cell.n] = 0;
	*out = strtod(text, &end);
	return !*end && isfinite(*out) && *out <= PRICE_MAX;
}

static bool read_row(struct gp_price *out, const struct gp_slice cell[COLUMNS])
{
	double from;

	*out = unknown;
	if (!number(&out->in, cell[IN]) || !number(&out->cached, cell[CACHED]) ||
	    !number(&out->write, cell[WRITE]) || !number(&out->out, cell[OUT]) ||
	    !number(&from, cell[LONG_FROM]) || !number(&out->in_long, cell[IN_LONG]) ||
	    !number(&out->out_long, cell[OUT_LONG]))
		return false;
	if (cell[ID].n == 0 || cell[DATE].n >= sizeof(out->date))
		return false;
	out->long_from = from < 0 ? 0 : (long long)from;
	memcpy(out->date, cell[DATE].p, cell[DATE].n);
	return true;
}

static int look_up(struct gp_price *out, struct gp_slice table, struct gp_slice id,
                   const char *path)
{
	struct gp_slice line, cell[COLUMNS];
	struct gp_price row;
	int at = 0;

	while (gp_line(&line, &table)) {
		at++;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (!split(cell, line) || !read_row(&row, cell))
			return gp_fail(GP_INVALID, "cannot read '%s': line %d is no price row",
			               path, at);
		if (!gp_slice_eq(cell[ID], id))
			continue;
		*out = row;
		return 0;
	}
	return GP_NOTFOUND;
}

/* Vendors date their snapshots ("gpt-6.2-sol-2026-11-17") and price them as the undated name. */
static struct gp_slice undated(struct gp_slice id)
{
	static const char shape[] = "-dddd-dd-dd";
	size_t n = sizeof(shape) - 1;
	const char *p = id.p + id.n - n;

	if (id.n <= n)
		return id;
	for (size_t i = 0; i < n; i++)
		if (shape[i] == 'd' ? p[i] < '0' || p[i] > '9' : p[i] != shape[i])
			return id;
	return (struct gp_slice){id.p, id.n - n};
}

int gp_price_find(struct gp_price *out, const char *model)
{
	gp_auto(gp_buf) table = {0};
	gp_auto(gp_buf) path = {0};
	struct gp_slice id = gp_slice(model);
	int e;

	*out = unknown;
	if (gp_data_read(&table, &path, "GP_PRICES", "prices.tsv", TABLE_MAX))
		return gp_within(GP_FAILED, "cannot look up prices");
	e = look_up(out, gp_buf_all(&table), id, gp_buf_text(&path));
	if (e == GP_NOTFOUND && undated(id).n < id.n)
		e = look_up(out, gp_buf_all(&table), undated(id), gp_buf_text(&path));
	if (e == GP_NOTFOUND)
		gp_fail(e, "no price is known for the model '%s'", model);
	return e;
}

static long long clamp(long long n, long long max)
{
	return n < 0 ? 0 : n > max ? max : n;
}

double gp_price_of(const struct gp_price *p, long long in, long long cached, long long written,
                   long long out)
{
	bool is_long = p->long_from > 0 && in > p->long_from;
	double in_usd = is_long && p->in_long >= 0 ? p->in_long : p->in;
	double out_usd = is_long && p->out_long >= 0 ? p->out_long : p->out;
	double step = p->in > 0 ? in_usd / p->in : 1;
	double cached_usd = p->cached < 0 ? in_usd : p->cached * step;
	double write_usd = p->write < 0 ? in_usd : p->write * step;

	if (p->in < 0 || p->out < 0)
		return -1;
	in = clamp(in, INT64_MAX);
	cached = clamp(cached, in);
	written = clamp(written, in - cached);
	return ((double)(in - cached - written) * in_usd + (double)cached * cached_usd +
	        (double)written * write_usd + (double)clamp(out, INT64_MAX) * out_usd) /
	       1e6;
}

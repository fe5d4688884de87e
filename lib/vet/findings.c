#include "lib/vet/findings.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/glob.h"

#define DAY_S (24L * 60 * 60)

static void clear_one(struct gp_finding *f)
{
	gp_free((char *)f->rule);
	gp_free((char *)f->what);
	gp_free((char *)f->commit);
	gp_free((char *)f->path);
	gp_free((char *)f->shown);
	gp_free((char *)f->print);
}

void gp_findings_drop(struct gp_findings *f, size_t i)
{
	clear_one(&f->v[i]);
	memmove(&f->v[i], &f->v[i + 1], (--f->n - i) * sizeof(*f->v));
}

void gp_findings_clear(struct gp_findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		clear_one(&f->v[i]);
	gp_free(f->v);
	*f = (struct gp_findings){0};
}

static char *copy(const char *s)
{
	return s ? gp_strdup(s) : NULL;
}

void gp_findings_add(struct gp_findings *f, const struct gp_finding *one)
{
	f->v = gp_realloc(f->v, (f->n + 1) * sizeof(*f->v));
	f->v[f->n++] = (struct gp_finding){
		.kind = one->kind,
		.rule = copy(one->rule),
		.what = copy(one->what),
		.commit = copy(one->commit),
		.path = copy(one->path),
		.line = one->line,
		.shown = copy(one->shown),
		.print = copy(one->print),
		.blocks = one->blocks,
	};
}

void gp_allow_clear(struct gp_allow *a)
{
	gp_free(a->rule);
	gp_free(a->path);
	gp_free(a->print);
	*a = (struct gp_allow){0};
}

static struct gp_slice word(struct gp_slice *rest)
{
	struct gp_slice s = gp_trim(*rest);
	size_t n = 0;

	while (n < s.n && !isspace((unsigned char)s.p[n]))
		n++;
	*rest = (struct gp_slice){s.p + n, s.n - n};
	return (struct gp_slice){s.p, n};
}

static bool is_print(struct gp_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isdigit((unsigned char)s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	return s.n == 16;
}

/* The end of a day as people write one; 0 when there is no such day. */
static long long day_end(struct gp_slice s)
{
	struct tm t = {0}, again;
	char text[11];
	int y, m, d;
	time_t at;

	if (s.n != 10)
		return 0;
	memcpy(text, s.p, 10);
	text[10] = 0;
	if (sscanf(text, "%4d-%2d-%2d", &y, &m, &d) != 3 || text[4] != '-' || text[7] != '-')
		return 0;
	t.tm_year = y - 1900;
	t.tm_mon = m - 1;
	t.tm_mday = d;
	again = t;
	at = timegm(&t);
	/* timegm makes the 3rd of March of a 31st of February */
	if (at <= 0 || t.tm_mon != again.tm_mon || t.tm_mday != again.tm_mday)
		return 0;
	return (long long)at + DAY_S;
}

int gp_allow_parse(struct gp_allow *out, const char *text)
{
	struct gp_slice rest = gp_slice(text), rule = word(&rest), path = word(&rest);
	struct gp_slice print = word(&rest), until = word(&rest);

	if (!until.p || !is_print(print) || !path.n || gp_trim(rest).n ||
	    (until.n && !day_end(until))) {
		gp_fail(GP_INVALID, "cannot read what 'vet.allow' allows: '%s'", text);
		gp_hint("write <rule> <path> <fingerprint> and perhaps <YYYY-MM-DD>, as a finding "
		        "shows the first three");
		return GP_INVALID;
	}
	out->rule = gp_strndup(rule.p, rule.n);
	out->path = gp_strndup(path.p, path.n);
	out->print = gp_strndup(print.p, print.n);
	out->until_s = until.n ? day_end(until) : 0;
	return 0;
}

bool gp_allow_covers(const struct gp_allow *a, const struct gp_finding *f, long long now_s)
{
	return (a->until_s == 0 || now_s < a->until_s) && strcmp(a->rule, f->rule) == 0 &&
	       f->print && strcmp(a->print, f->print) == 0 && gp_glob_match(a->path, f->path);
}

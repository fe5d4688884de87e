#include <stdio.h>
#include <string.h>

#include "lib/preview/online.h"

#define DAY 86400
#define NAMED 3
#define REASONS 8

struct telling {
	struct gp_findings *out;
	const struct gp_vet_options *o;
	bool blocks;
};

static void say(const struct telling *t, const struct gp_dep_question *q, const char *rule,
                bool blocks, const char *what, const char *shown)
{
	const struct gp_finding f = {.kind = "dependency",
	                             .rule = rule,
	                             .what = what,
	                             .path = q->path,
	                             .line = q->line,
	                             .shown = shown,
	                             .blocks = blocks && t->blocks};

	gp_findings_add(t->out, &f);
}

static void tell_name(const struct telling *t, const struct gp_dep_question *q,
                      const struct gp_online_answer *a)
{
	const struct gp_registry_facts *f = &a->facts;
	const struct gp_registry *r = gp_registry_of(q->ecosystem);
	long long days = f->first_s < 0 ? -1 : (gp_wall_s() - f->first_s) / DAY;
	gp_auto(gp_buf) name = {0};
	gp_auto(gp_buf) what = {0};
	gp_auto(gp_buf) shown = {0};

	gp_buf_fmt(&name, "%s %s", q->ecosystem, q->name);
	gp_buf_visible(&shown, gp_buf_all(&name));
	if (f->absent) {
		say(t, q, "dep-absent", true, "does not exist in its registry",
		    gp_buf_text(&shown));
		return;
	}
	if (f->first_s >= 0 && days < gp_conf_int(t->o->conf, "vet.min-age")) {
		gp_buf_fmt(&what, "first released %lld day%s ago", days > 0 ? days : 0,
		           days == 1 ? "" : "s");
		say(t, q, "dep-young", true, gp_buf_text(&what), gp_buf_text(&shown));
	}
	if (r->measure && f->downloads >= 0 &&
	    f->downloads < gp_conf_int(t->o->conf, "vet.min-downloads")) {
		gp_buf_cut(&what, 0);
		gp_buf_fmt(&what, "downloaded %lld time%s %s", f->downloads,
		           f->downloads == 1 ? "" : "s", r->measure);
		say(t, q, "dep-rare", false, gp_buf_text(&what), gp_buf_text(&shown));
	}
}

static void tell_advisories(const struct telling *t, const struct gp_dep_question *q,
                            const struct gp_online_answer *a)
{
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) shown = {0};
	size_t n = 0;

	gp_buf_fmt(&text, "%s %s %s: ", q->ecosystem, q->name, q->version);
	for (size_t i = 0; i < a->n; i++) {
		const struct gp_known_advisory *v = &a->v[i];
		bool more = v->known && (v->details.severity[0] || v->details.fixed[0]);

		if (v->details.withdrawn || n++ >= NAMED)
			continue;
		gp_buf_fmt(&text, "%s%s", n > 1 ? ", " : "", v->id);
		if (more)
			gp_buf_fmt(&text, " (%s%s%s%s)", v->details.severity,
			           v->details.severity[0] && v->details.fixed[0] ? ", " : "",
			           v->details.fixed[0] ? "fixed in " : "", v->details.fixed);
	}
	if (n > NAMED)
		gp_buf_fmt(&text, " and %zu more", n - NAMED);
	gp_buf_visible(&shown, gp_buf_all(&text));
	if (n)
		say(t, q, "dep-advisory", true, n == 1 ? "known advisory" : "known advisories",
		    gp_buf_text(&shown));
}

/* One finding a reason, whatever the number of names. */
struct reason {
	const char *why;
	const struct gp_dep_question *first;
	struct gp_buf names;
	size_t n;
};

static void put_reason(struct reason *all, const struct gp_dep_question *q, const char *why)
{
	size_t i = 0;

	while (i + 1 < REASONS && all[i].why && strcmp(all[i].why, why) != 0)
		i++;
	if (!all[i].why) {
		all[i].why = why;
		all[i].first = q;
	}
	if (all[i].n++ < NAMED)
		gp_buf_fmt(&all[i].names, "%s%s %s", all[i].n > 1 ? ", " : "", q->ecosystem,
		           q->name);
}

static void tell_reasons(const struct telling *t, struct reason *all)
{
	for (size_t i = 0; i < REASONS && all[i].why; i++) {
		gp_auto(gp_buf) what = {0};
		gp_auto(gp_buf) shown = {0};

		if (all[i].n > NAMED)
			gp_buf_fmt(&all[i].names, " and %zu more", all[i].n - NAMED);
		gp_buf_fmt(&what, "could not be checked online: ");
		gp_buf_visible(&what, gp_slice(all[i].why));
		gp_buf_visible(&shown, gp_buf_all(&all[i].names));
		say(t, all[i].first, "dep-unchecked", false, gp_buf_text(&what),
		    gp_buf_text(&shown));
		gp_buf_clear(&all[i].names);
	}
}

void gp_online_tell(struct gp_findings *out, const struct gp_vet_options *o,
                    const struct gp_dep_questions *q, const struct gp_online_answer *answers,
                    bool blocks)
{
	const struct telling t = {.out = out, .o = o, .blocks = blocks};
	struct reason reasons[REASONS] = {{0}};
	char many[64];

	for (size_t i = 0; i < q->n; i++) {
		const struct gp_online_answer *a = &answers[i];

		if (q->v[i].elsewhere)
			put_reason(reasons, &q->v[i], "it is not from the public registry");
		else if ((a->name_due && !a->name_known) || (a->version_due && !a->version_known))
			put_reason(reasons, &q->v[i], a->why ? a->why : "it was not asked for");
		if (a->name_due && a->name_known)
			tell_name(&t, &q->v[i], a);
		if (a->n)
			tell_advisories(&t, &q->v[i], a);
	}
	snprintf(many, sizeof(many), "%zu more than can be asked for", q->left_out);
	if (q->left_out && q->n)
		put_reason(reasons, &q->v[0], many);
	tell_reasons(&t, reasons);
}

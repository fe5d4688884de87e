#include "lib/preview/vet_proof.h"

#include <string.h>

#include "lib/preview/prove.h"
#include "lib/preview/proven.h"

/* The words of a line: local ref, local id, remote ref, remote id. */
static void split(struct gp_slice *f, struct gp_slice line)
{
	for (size_t i = 0; i < 4; i++) {
		const char *space = memchr(line.p, ' ', line.n);
		size_t n = space ? (size_t)(space - line.p) : line.n;

		f[i] = (struct gp_slice){line.p, n};
		line.p += space ? n + 1 : n;
		line.n -= space ? n + 1 : n;
	}
}

static bool is_preview(const struct gp_vet_options *o, struct gp_slice ref)
{
	gp_auto(gp_buf) prefix = {0};

	gp_buf_fmt(&prefix, "refs/heads/%s", gp_conf_str(o->conf, "preview.prefix"));
	return ref.n > prefix.n && memcmp(ref.p, prefix.p, prefix.n) == 0;
}

static bool is_none(struct gp_slice id)
{
	for (size_t i = 0; i < id.n; i++)
		if (id.p[i] != '0')
			return false;
	return true;
}

static enum gp_status refuse(const struct gp_vet_options *o, const char *name, const char *why,
                             const char *hint)
{
	gp_fail(GP_REFUSED, "not to be pushed: '%s' %s", name, why);
	gp_hint("%s", hint);
	gp_term_error(o->term);
	return GP_STATUS_NO;
}

static enum gp_status prove(const struct gp_vet_options *o, const char *name, const char *id)
{
	static const struct gp_list none = {0};
	const struct gp_prove_options p = {
		.repo = o->repo,
		.term = o->term,
		.settings = o->settings ? o->settings : &none,
		.revs = &id,
		.nrevs = 1,
		.name = name,
		.deadline_ms = (long)gp_conf_int(o->conf, "vet.proof-time") * 1000,
		.aside = true,
	};
	enum gp_status status;

	gp_term_say(o->term, "'%s' was not proven here as it is: proving it now", name);
	status = gp_prove_run(&p);
	if (status == GP_STATUS_NO)
		return refuse(
			o, name, "is not as it claims",
			"'git preview-test --prove' shows all of it; 'vet.proof = off' in the "
			"user file lets it go");
	return status;
}

static enum gp_status demand(const struct gp_vet_options *o, const char *name, const char *id)
{
	gp_auto(gp_claims) claims = {0};
	gp_auto_str char *why = NULL;
	gp_auto(gp_buf) words = {0};
	int e = gp_claims_add(&claims, o->repo, id);

	if (e == GP_STOPPED) {
		gp_fail(e, "interrupted");
		gp_term_error(o->term);
		return GP_STATUS_STOPPED;
	}
	if (e) {
		why = gp_strdup(gp_message());
		gp_buf_fmt(&words, "cannot be proven: %s", why);
		return refuse(o, name, gp_buf_text(&words),
		              "push what is no preview under another name, or set 'vet.proof = "
		              "off' in the user file");
	}
	if (gp_proven_has(o->repo, &claims.v[0])) {
		gp_term_detail(o->term, "'%s' was proven here", name);
		return GP_STATUS_OK;
	}
	if (strcmp(gp_conf_str(o->conf, "vet.proof"), "require") == 0)
		return refuse(o, name, "was not proven here as it is",
		              "'git preview-test --prove <branch>' proves it");
	return prove(o, name, id);
}

enum gp_status gp_vet_proof(const struct gp_vet_options *o, struct gp_slice input)
{
	enum gp_status status = GP_STATUS_OK;
	struct gp_slice line, rest = input;

	if (strcmp(gp_conf_str(o->conf, "vet.proof"), "off") == 0)
		return GP_STATUS_OK;
	while (status == GP_STATUS_OK && gp_line(&line, &rest)) {
		struct gp_slice f[4];

		split(f, line);
		if (!line.n || !is_preview(o, f[2]) || is_none(f[1]))
			continue;
		gp_auto_str char *name =
			gp_strndup(f[2].p + strlen("refs/heads/"), f[2].n - strlen("refs/heads/"));
		gp_auto_str char *id = gp_strndup(f[1].p, f[1].n);

		status = demand(o, name, id);
	}
	return status;
}

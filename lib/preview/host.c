#include "lib/preview/host.h"

#include <string.h>

#define DAY_S 86400L

void gp_host_clear(struct gp_host *h)
{
	gp_forge_place_clear(&h->place);
	if (h->token.n)
		explicit_bzero(h->token.p, h->token.n);
	gp_buf_clear(&h->token);
}

int gp_host_remote(struct gp_buf *out, struct gp_repo *r, const struct gp_conf *c,
                   const char *named)
{
	static const char *const all[] = {"remote", NULL};
	const char *set = gp_conf_str(c, "push.remote");
	gp_auto(gp_buf) names = {0};
	struct gp_slice rest, line;
	int e;

	if (named || (set && *set)) {
		gp_buf_str(out, named ? named : set);
		return *gp_buf_text(out) == '-'
		               ? gp_fail(GP_INVALID, "'%s' is no remote", gp_buf_text(out))
		               : 0;
	}
	e = gp_git(&names, r, all, NULL);
	if (e)
		return e;
	rest = gp_buf_all(&names);
	if (!gp_line(&line, &rest)) {
		gp_fail(GP_NOTFOUND, "there is no remote to push to");
		gp_hint("add one: git remote add origin <url>");
		return GP_NOTFOUND;
	}
	if (rest.n)
		line = GP_SLICE("origin");
	return gp_buf_slice(out, line);
}

int gp_host_find(struct gp_host *out, struct gp_repo *r, const struct gp_conf *c,
                 const char *remote)
{
	const char *const argv[] = {"remote", "get-url", "--push", "--", remote, NULL};
	gp_auto(gp_buf) address = {0};
	int e = gp_git(&address, r, argv, NULL);

	/* an address given in a remote's place */
	if (e == GP_REFUSED)
		e = gp_buf_str(&address, remote);
	return e ? e
	         : gp_forge_place_read(&out->place, gp_buf_text(&address),
	                               gp_conf_str(c, "push.host"), gp_conf_str(c, "push.api"));
}

long gp_host_deadline_ms(const struct gp_conf *c)
{
	long long s = gp_conf_int(c, "push.deadline");

	return s < 1 ? 1000 : s > DAY_S ? DAY_S * 1000 : (long)s * 1000;
}

int gp_host_token(struct gp_host *h, const struct gp_repo *r, const struct gp_conf *c)
{
	const struct gp_token_setting set = {.host = gp_conf_str(c, "push.token-host"),
	                                     .env = gp_conf_str(c, "push.token-env"),
	                                     .command = gp_conf_str(c, "push.token-command")};
	int e = h->from ? 0 : gp_forge_token(&h->token, &h->from, &h->place, r, &set);

	if (!e)
		return 0;
	h->from = NULL;
	if (e == GP_NOTFOUND)
		gp_hint("git-preview-push(1) says where one is looked for");
	return e;
}

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

int gp_host_token(struct gp_host *h, const struct gp_repo *r)
{
	int e = h->from ? 0 : gp_forge_token(&h->token, &h->from, &h->place, r);

	if (!e)
		return 0;
	h->from = NULL;
	if (e == GP_NOTFOUND)
		gp_hint("git-preview-push(1) says where one is looked for");
	return e;
}

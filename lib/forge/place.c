#include "lib/forge/place.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define ADDRESS_MAX 2000

void gp_forge_place_clear(struct gp_forge_place *p)
{
	gp_free(p->host);
	gp_free(p->web);
	gp_free(p->api);
	gp_free(p->project);
	gp_free(p->owner);
	*p = (struct gp_forge_place){0};
}

void gp_forge_escape(struct gp_buf *out, const char *text)
{
	for (; *text; text++) {
		if (isalnum((unsigned char)*text) || strchr("-._~", *text))
			gp_buf_chr(out, *text);
		else
			gp_buf_fmt(out, "%%%02X", (unsigned char)*text);
	}
}

static bool printable(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f)
			return false;
	return true;
}

/* Host and path of an address; the user and port are of no use here. */
static bool split(struct gp_slice *host, const char **path, const char *address)
{
	static const char *const schemes[] = {"https://", "http://", "ssh://", "git+ssh://",
	                                      "git://"};
	const char *at = NULL, *from, *end, *user;

	for (size_t i = 0; i < GP_COUNT(schemes) && !at; i++)
		if (strncasecmp(address, schemes[i], strlen(schemes[i])) == 0)
			at = address + strlen(schemes[i]);
	from = at ? at : address;
	end = from + strcspn(from, at ? "/" : ":");
	/* "user@host:path" has its colon before any '/', or it is a path */
	if (!*end || (!at && memchr(from, '/', (size_t)(end - from))))
		return false;
	*path = end + 1;
	user = memrchr(from, '@', (size_t)(end - from));
	from = user ? user + 1 : from;
	if (at && memchr(from, ':', (size_t)(end - from)))
		end = memchr(from, ':', (size_t)(end - from));
	*host = (struct gp_slice){from, (size_t)(end - from)};
	return host->n > 0;
}

static bool has(const char *host, const char *word)
{
	return strcasestr(host, word) != NULL;
}

static enum gp_forge_kind kind_of(const char *kind, const char *host)
{
	if (strcmp(kind, "github") == 0)
		return GP_FORGE_GITHUB;
	if (strcmp(kind, "gitlab") == 0)
		return GP_FORGE_GITLAB;
	if (strcmp(kind, "gitea") == 0)
		return GP_FORGE_GITEA;
	if (has(host, "github") || gp_ends(host, ".ghe.com"))
		return GP_FORGE_GITHUB;
	if (has(host, "gitlab"))
		return GP_FORGE_GITLAB;
	if (has(host, "gitea") || has(host, "forgejo") || strcasecmp(host, "codeberg.org") == 0)
		return GP_FORGE_GITEA;
	return GP_FORGE_NONE;
}

/* Where each host's API stands, by its documentation. */
static void put_api(struct gp_buf *out, const struct gp_forge_place *p)
{
	if (p->kind == GP_FORGE_GITLAB)
		gp_buf_fmt(out, "https://%s/api/v4", p->host);
	else if (p->kind == GP_FORGE_GITEA)
		gp_buf_fmt(out, "https://%s/api/v1", p->host);
	else if (strcasecmp(p->host, "github.com") == 0 || gp_ends(p->host, ".ghe.com"))
		gp_buf_fmt(out, "https://api.%s", p->host);
	else
		gp_buf_fmt(out, "https://%s/api/v3", p->host);
}

static bool set_project(struct gp_forge_place *out, const char *path)
{
	size_t n;
	const char *slash;

	while (*path == '/')
		path++;
	n = strcspn(path, "?#");
	while (n && path[n - 1] == '/')
		n--;
	if (n > 4 && memcmp(path + n - 4, ".git", 4) == 0)
		n -= 4;
	slash = n ? memrchr(path, '/', n) : NULL;
	if (!slash || slash == path || slash + 1 == path + n)
		return false;
	out->project = gp_strndup(path, n);
	out->owner = gp_strndup(path, (size_t)(slash - path));
	return !strstr(out->project, "//") && !strstr(out->project, "..");
}

int gp_forge_place_read(struct gp_forge_place *out, const char *address, const char *kind,
                        const char *api)
{
	gp_auto(gp_buf) base = {0};
	struct gp_slice host;
	const char *path;

	if (strlen(address) > ADDRESS_MAX || !printable(address))
		return gp_fail(GP_INVALID, "the remote's address is none");
	if (!split(&host, &path, address))
		return gp_fail(GP_NOTFOUND, "the remote is on no code host");
	out->host = gp_strndup(host.p, host.n);
	out->kind = kind_of(kind, out->host);
	if (out->kind == GP_FORGE_NONE) {
		gp_fail(GP_NOTFOUND, "'%s' is no code host that is known by its name", out->host);
		gp_hint("set push.host to github, gitlab or gitea");
		return GP_NOTFOUND;
	}
	if (!set_project(out, path))
		return gp_fail(GP_INVALID, "the remote's address names no project");
	if (api && *api)
		gp_buf_add(&base, api, strlen(api) - (gp_ends(api, "/") ? 1 : 0));
	else
		put_api(&base, out);
	out->api = gp_buf_take(&base);
	gp_buf_fmt(&base, "https://%s", out->host);
	out->web = gp_buf_take(&base);
	return 0;
}

/* A branch in a path: its own slashes stay. */
static void put_ref(struct gp_buf *out, const char *ref)
{
	gp_auto(gp_buf) escaped = {0};

	gp_forge_escape(&escaped, ref);
	for (const char *p = gp_buf_text(&escaped); *p; p++) {
		if (strncmp(p, "%2F", 3) == 0) {
			gp_buf_chr(out, '/');
			p += 2;
		} else {
			gp_buf_chr(out, *p);
		}
	}
}

void gp_forge_compare(struct gp_buf *out, const struct gp_forge_place *p, const char *base,
                      const char *head)
{
	gp_buf_fmt(out, "%s/%s", p->web, p->project);
	if (p->kind == GP_FORGE_GITLAB) {
		gp_buf_str(out, "/-/merge_requests/new?merge_request%5Bsource_branch%5D=");
		gp_forge_escape(out, head);
		gp_buf_str(out, "&merge_request%5Btarget_branch%5D=");
		gp_forge_escape(out, base);
		return;
	}
	gp_buf_str(out, "/compare/");
	put_ref(out, base);
	gp_buf_str(out, "...");
	put_ref(out, head);
	if (p->kind == GP_FORGE_GITHUB)
		gp_buf_str(out, "?expand=1");
}

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/vet/deps_in.h"

/* So many bytes are looked at after a command, whether it ends or not. */
#define ARGUMENTS 8192

/* The commands that fetch at configure or build time; CPM is a common wrapper of the first. */
static const char *const fetchers[] = {"FetchContent_Declare", "ExternalProject_Add",
                                       "CPMAddPackage", "FetchContent_Populate"};

static bool is_hex(struct gp_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isxdigit((unsigned char)s.p[i]))
			return false;
	return s.n >= 40;
}

static void put_fetched(struct gp_deps *out, struct gp_slice url, struct gp_slice tag,
                        struct gp_slice hash, size_t line)
{
	gp_auto_str char *text = gp_strndup(url.n ? url.p : "", url.n);
	gp_auto(gp_buf) address = {0};
	struct gp_dep *d;

	if (!strchr(text, ':') && !gp_find(url, "."))
		gp_buf_str(&address, "github.com/");
	gp_dep_address(&address, text);
	d = gp_dep_add(out, GIT, GP_DEP_MANIFEST, gp_buf_all(&address));
	gp_dep_set(&d->version, tag);
	d->line = line;
	d->unlocked = true;
	if (hash.n || is_hex(tag))
		gp_dep_set(&d->integrity, hash.n ? hash : tag);
}

/* The arguments between the brackets of one command. */
static void on_command(struct gp_deps *out, struct gp_slice rest, size_t line)
{
	struct gp_slice word, url = {0}, tag = {0}, hash = {0};

	while (gp_dep_word(&word, &rest)) {
		struct gp_slice *to = NULL;

		if (gp_slice_is(word, "GIT_REPOSITORY") || gp_slice_is(word, "URL"))
			to = &url;
		else if (gp_slice_is(word, "GITHUB_REPOSITORY") ||
		         gp_slice_is(word, "SVN_REPOSITORY"))
			to = &url;
		else if (gp_slice_is(word, "GIT_TAG") || gp_slice_is(word, "VERSION"))
			to = &tag;
		else if (gp_slice_is(word, "URL_HASH") || gp_slice_is(word, "URL_MD5"))
			to = &hash;
		if (to && !gp_dep_word(to, &rest))
			break;
		/* CPMAddPackage("gh:owner/name@1.0"), or '#' before the version */
		if (!to && gp_slice_starts(word, "gh:")) {
			tag = (struct gp_slice){word.p + 3, word.n - 3};
			url = gp_dep_cut(&tag, memchr(word.p, '#', word.n) ? '#' : '@');
		}
	}
	if (url.n)
		put_fetched(out, url, tag, hash, line);
}

static void blank_comments(char *text)
{
	for (char *p = text; (p = strchr(p, '#'));)
		while (*p && *p != '\n')
			*p++ = ' ';
}

static void on_fetcher(struct gp_deps *out, const char *open, size_t line)
{
	size_t n;

	open += strspn(open, " \t");
	if (*open != '(')
		return;
	open++;
	n = strnlen(open, ARGUMENTS);
	on_command(out, gp_dep_cut(&(struct gp_slice){open, n}, ')'), line);
}

int gp_deps_cmake(struct gp_deps *out, const char *name, struct gp_slice text)
{
	gp_auto_str char *all = NULL;
	size_t line = 1;

	(void)name;
	if (!gp_utf8_valid(text) || memchr(text.p, 0, text.n))
		return gp_fail(GP_INVALID, "not UTF-8");
	all = gp_strndup(text.p, text.n);
	blank_comments(all);
	for (const char *p = all; *p; p++) {
		line += *p == '\n';
		for (size_t i = 0; i < GP_COUNT(fetchers); i++)
			if (strncasecmp(p, fetchers[i], strlen(fetchers[i])) == 0)
				on_fetcher(out, p + strlen(fetchers[i]), line);
	}
	return 0;
}

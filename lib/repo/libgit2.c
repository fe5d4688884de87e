#include "lib/repo/libgit2.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/late.h"

/* Of packs, as much as is read at a time: mapped pages count as memory of ours, and libgit2 maps a
 * pack whole. Smaller windows are no slower (measured down to 64 KB). */
#define PACK_WINDOW ((size_t)128 << 10)
#define PACK_MAPPED ((size_t)256 << 10)

struct gp_git2_table gp_git2;

#define CLEAR(T)                                                                                   \
	void gp_git2_##T##_clear(git_##T **p)                                                      \
	{                                                                                          \
		if (*p)                                                                            \
			gp_git2.git_##T##_free(*p);                                                \
		*p = NULL;                                                                         \
	}
CLEAR(commit)
CLEAR(object)
CLEAR(odb_object)
CLEAR(patch)
CLEAR(reference)
CLEAR(reference_iterator)
CLEAR(signature)
CLEAR(tree)
CLEAR(treebuilder)
#undef CLEAR

void gp_git2_extensions(bool stated)
{
	/* the first change nothing about how objects and refs are read: a missing blob of a partial
	 * clone is asked of git, config.worktree is read by git */
	static const char *names[] = {"noop",
	                              "partialclone",
	                              "worktreeconfig",
	                              "preciousobjects",
	                              "relativeworktrees",
	                              "objectformat",
	                              "refstorage"};

	gp_git2.git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, names, GP_COUNT(names) - (stated ? 0 : 2));
}

int gp_git2_ready(void)
{
#define NAME(f) #f,
	static const char *const names[] = {GP_GIT2(NAME)};
#undef NAME
	static bool ready;
	void *table[GP_COUNT(names)];
	int e;

	_Static_assert(sizeof(table) == sizeof(gp_git2), "one pointer a function");
	if (ready)
		return 0;
	e = gp_late_bind(table, GP_LIBGIT2_SO, names, GP_COUNT(names));
	if (e)
		return e;
	memcpy(&gp_git2, table, sizeof(table));
	gp_git2_starting(true);
	e = gp_git2.git_libgit2_init();
	gp_git2_starting(false);
	if (e < 0)
		return gp_git2_fail(GIT_ERROR, "cannot start libgit2");
	gp_git2_extensions(false);
	gp_git2.git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 1);
	/* git does not hash what it reads either, it is for fsck */
	gp_git2.git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);
	gp_git2.git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE, (size_t)0);
	gp_git2.git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, PACK_WINDOW);
	gp_git2.git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, PACK_MAPPED);
	ready = true;
	return 0;
}

static int code(int e)
{
	switch (e) {
	case GIT_ENOTFOUND:
		return GP_NOTFOUND;
	case GIT_EEXISTS:
	case GIT_ELOCKED:
	case GIT_EMODIFIED:
		return GP_EXISTS;
	case GIT_EINVALIDSPEC:
	case GIT_EAMBIGUOUS:
	case GIT_EPEEL:
		return GP_INVALID;
	case GIT_EOWNER:
		return GP_REFUSED;
	default:
		return GP_FAILED;
	}
}

int gp_git2_fail(int e, const char *fmt, ...)
{
	const git_error *last = gp_git2.git_error_last();
	const char *why = last && last->message ? last->message : "unknown error of libgit2";
	gp_auto(gp_buf) what = {.max = 2048};
	va_list ap;

	va_start(ap, fmt);
	gp_buf_vfmt(&what, fmt, ap);
	va_end(ap);
	/* libgit2 begins some of its messages with a capital */
	return gp_fail(code(e), "%s: %c%s", gp_buf_text(&what), tolower((unsigned char)why[0]),
	               *why ? why + 1 : "");
}

int gp_git2_oid(git_oid *out, const struct gp_oid *oid)
{
	if (strnlen(oid->hex, GP_OID_MAX) != GIT_OID_HEXSZ ||
	    gp_git2.git_oid_fromstr(out, oid->hex) < 0)
		return gp_fail(GP_INVALID, "'%.*s' is not an object id", GP_OID_MAX, oid->hex);
	return 0;
}

void gp_git2_hex(struct gp_oid *out, const git_oid *oid)
{
	*out = (struct gp_oid){0};
	gp_git2.git_oid_fmt(out->hex, oid);
}

int gp_git2_signature(git_signature **out, const char *ident)
{
	if (gp_git2.git_signature_from_buffer(out, ident) < 0)
		return gp_fail(GP_INVALID, "'%s' is not an identity: name <mail> seconds zone",
		               ident);
	return 0;
}

#include "lib/patch/patch.h"

#include <string.h>

#define PATH_BYTES 4096

static int refuse(struct gp_buf *why, struct gp_slice path, const char *reason)
{
	gp_auto(gp_buf) seen = {.max = 300};

	if (gp_buf_visible(&seen, (struct gp_slice){path.p, path.n < 200 ? path.n : 200}))
		gp_buf_cut(&seen, 0);
	for (size_t i = 0; i < seen.n; i++)
		if (seen.p[i] == '\n' || seen.p[i] == '\t')
			seen.p[i] = '?';
	if (why)
		gp_buf_fmt(why, "path: '%s' %s; use a path relative to the top of the repository",
		           gp_buf_text(&seen), reason);
	return gp_fail(GP_REFUSED, "cannot use path '%s': it %s", gp_buf_text(&seen), reason);
}

/* The code points HFS+ leaves out of a comparison (git's utf8.c has the same list). */
static bool ignorable(unsigned c)
{
	return (c >= 0x200c && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x206a && c <= 0x206f) || c == 0xfeff;
}

static char folded(unsigned c)
{
	if (c == 0x130 || c == 0x131) /* some upcase tables make both an I */
		return 'i';
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c < 0x80 ? (char)c : 1;
}

/* Windows drops dots and spaces at the end and takes what follows ':' for a stream; folding all
 * file systems' habits together refuses a little more than each alone, and never less. */
static bool dot_git(struct gp_slice part)
{
	char name[8];
	size_t n = 0, pending = 0;

	while (part.n) {
		unsigned c = gp_utf8_cut(&part);

		if (ignorable(c))
			continue;
		if (c == ':')
			break;
		if (n > 0 && (c == ' ' || c == '.')) {
			pending++;
			continue;
		}
		if (pending || n == sizeof(name) - 1)
			return false;
		name[n++] = folded(c);
	}
	name[n] = 0;
	return strcmp(name, ".git") == 0 || strcmp(name, "git~1") == 0;
}

static const char *bad_part(struct gp_slice part)
{
	if (part.n == 0)
		return "has an empty component";
	if (gp_slice_is(part, ".") || gp_slice_is(part, ".."))
		return "has a '.' or '..' component";
	if (dot_git(part))
		return "leads into git's own folder";
	return NULL;
}

static const char *bad_bytes(struct gp_slice path)
{
	struct gp_slice rest = path;

	if (!gp_utf8_valid(path))
		return "is not UTF-8";
	while (rest.n) {
		unsigned c = gp_utf8_cut(&rest);

		if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
			return "has a control character";
		if (c == '\\')
			return "has a backslash";
	}
	return NULL;
}

static bool letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *bad_start(struct gp_slice path)
{
	if (path.n == 0)
		return "is empty";
	if (path.n >= PATH_BYTES)
		return "is too long";
	if (path.p[0] == '/')
		return "is absolute";
	if (path.p[0] == '~')
		return "starts with '~'";
	if (path.n > 1 && letter(path.p[0]) && path.p[1] == ':')
		return "starts with a drive";
	return NULL;
}

int gp_path_check(struct gp_slice path, struct gp_buf *why)
{
	const char *reason = bad_start(path), *slash;
	struct gp_slice rest = path, part;

	if (!reason)
		reason = bad_bytes(path);
	while (!reason) {
		slash = memchr(rest.p, '/', rest.n);
		part = (struct gp_slice){rest.p, slash ? (size_t)(slash - rest.p) : rest.n};
		reason = bad_part(part);
		if (!slash)
			break;
		rest.n -= part.n + 1;
		rest.p = slash + 1;
	}
	return reason ? refuse(why, path, reason) : 0;
}

#include "lib/sandbox/tar.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK = 512, NAME = 100, TARGET = 157, TYPE = 156, CHECKSUM = 148 };

static const char zeros[BLOCK];

int gp_tar_bytes(struct gp_tar *t, struct gp_slice bytes)
{
	return bytes.n ? t->put(t->ctx, bytes) : 0;
}

int gp_tar_pad(struct gp_tar *t, long long size)
{
	size_t over = (size_t)(size % BLOCK);

	return over ? t->put(t->ctx, (struct gp_slice){zeros, BLOCK - over}) : 0;
}

int gp_tar_end(struct gp_tar *t)
{
	int e = t->put(t->ctx, (struct gp_slice){zeros, BLOCK});

	return e ? e : t->put(t->ctx, (struct gp_slice){zeros, BLOCK});
}

static unsigned checksum(const char *block)
{
	unsigned sum = 0;

	for (int i = 0; i < BLOCK; i++)
		sum += i >= CHECKSUM && i < CHECKSUM + 8 ? ' ' : (unsigned char)block[i];
	return sum;
}

static void put_number(char *at, size_t n, unsigned long long value)
{
	for (at[--n] = 0; n--; value >>= 3)
		at[n] = (char)('0' + (value & 7));
}

static void copy(char *at, const char *text, size_t n)
{
	size_t len = strlen(text);

	memcpy(at, text, len < n ? len : n);
}

static int put_block(struct gp_tar *t, const struct gp_tar_entry *e, char type, long long size)
{
	char b[BLOCK] = {0};

	copy(b, e->path, NAME);
	put_number(b + 100, 8, e->mode & 07777);
	put_number(b + 108, 8, t->owner);
	put_number(b + 116, 8, t->owner);
	put_number(b + 124, 12, (unsigned long long)size);
	put_number(b + 136, 12, e->mtime > 0 ? (unsigned long long)e->mtime & 077777777777 : 0);
	b[TYPE] = type;
	if (e->target)
		copy(b + TARGET, e->target, NAME);
	memcpy(b + 257, "ustar\00000", 8);
	put_number(b + CHECKSUM, 7, checksum(b));
	b[CHECKSUM + 7] = ' ';
	return t->put(t->ctx, (struct gp_slice){b, BLOCK});
}

/* "<length> <key>=<value>\n", the length being that of the whole */
static void add_record(struct gp_buf *out, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, n = rest + 1;

	while (n != rest + (size_t)snprintf(NULL, 0, "%zu", n))
		n = rest + (size_t)snprintf(NULL, 0, "%zu", n);
	gp_buf_fmt(out, "%zu %s=%s\n", n, key, value);
}

static int put_long_names(struct gp_tar *t, const struct gp_tar_entry *e)
{
	const struct gp_tar_entry pax = {.path = "pax", .mode = 0644, .mtime = e->mtime};
	gp_auto(gp_buf) records = {0};
	int code;

	if (strlen(e->path) >= NAME)
		add_record(&records, "path", e->path);
	if (e->target && strlen(e->target) >= NAME)
		add_record(&records, "linkpath", e->target);
	if (records.n == 0)
		return 0;
	code = put_block(t, &pax, 'x', (long long)records.n);
	if (!code)
		code = gp_tar_bytes(t, gp_buf_all(&records));
	return code ? code : gp_tar_pad(t, (long long)records.n);
}

int gp_tar_head(struct gp_tar *t, const struct gp_tar_entry *e)
{
	char type = S_ISDIR(e->mode) ? '5' : S_ISLNK(e->mode) ? '2' : '0';
	int code;

	if (e->size >= 1LL << 33)
		return gp_fail(GP_LIMIT, "cannot send '%s': 8 GiB or more", e->path);
	code = put_long_names(t, e);
	return code ? code : put_block(t, e, type, type == '0' ? e->size : 0);
}

int gp_tar_file(struct gp_tar *t, const char *path, mode_t permissions, struct gp_slice bytes,
                long long mtime)
{
	const struct gp_tar_entry e = {.path = path,
	                               .mode = S_IFREG | permissions,
	                               .size = (long long)bytes.n,
	                               .mtime = mtime};
	int code = gp_tar_head(t, &e);

	if (!code)
		code = gp_tar_bytes(t, bytes);
	return code ? code : gp_tar_pad(t, e.size);
}

/* Octal, ended by a NUL or a space; larger numbers are written otherwise and are of no use here. */
static bool read_number(size_t *out, const char *at, size_t n)
{
	size_t i = 0;

	*out = 0;
	while (i < n && at[i] == ' ')
		i++;
	for (; i < n && at[i] >= '0' && at[i] <= '7'; i++)
		*out = *out << 3 | (size_t)(at[i] - '0');
	return i == n || at[i] == 0 || at[i] == ' ';
}

int gp_tar_only_file(struct gp_slice *out, struct gp_slice text)
{
	while (text.n >= BLOCK && text.p[0]) {
		size_t size, sum, step;
		char type = text.p[TYPE];

		if (!read_number(&size, text.p + 124, 12) ||
		    !read_number(&sum, text.p + CHECKSUM, 8) || sum != checksum(text.p))
			return gp_fail(GP_INVALID, "cannot read an archive: malformed header");
		if (type != '0' && type != 0 && type != 'x' && type != 'g')
			return gp_fail(GP_NOTFOUND, "not a regular file");
		text.p += BLOCK;
		text.n -= BLOCK;
		step = (size + BLOCK - 1) / BLOCK * BLOCK;
		if (size > text.n)
			return gp_fail(GP_INVALID, "cannot read an archive: cut off");
		*out = (struct gp_slice){text.p, size};
		if (type == '0' || type == 0)
			return 0;
		step = step < text.n ? step : text.n;
		text.p += step;
		text.n -= step;
	}
	return gp_fail(GP_NOTFOUND, "no file in the archive");
}

/*
 * tar.h - archives as the Engine API takes and gives them: ustar with pax headers for long names.
 *
 * Our own, because libarchive brings libxml2 and ICU (some 30 MB) for what is one kind of header
 * each way: we write files, folders and links, and read archives of one file.
 */
#ifndef GP_TAR_H
#define GP_TAR_H

#include <sys/stat.h>

#include "lib/base/buf.h"

/* Where an archive goes: put (ctx, bytes) is 0 or a code that ends the writing. */
struct gp_tar {
	int (*put)(void *ctx, struct gp_slice bytes);
	void *ctx;
	unsigned owner; /* user and group of all that follows */
};

struct gp_tar_entry {
	const char *path;   /* without a '/' at either end */
	mode_t mode;        /* S_IFREG, S_IFDIR or S_IFLNK and the permissions */
	const char *target; /* of a link */
	long long size;     /* of a file, whose bytes are to be put next */
	long long mtime;    /* seconds */
};

/* Writes the header of an entry. The bytes of a file follow by gp_tar_bytes, so many as were
 * promised, then gp_tar_pad. 0, GP_LIMIT (a file of 8 GiB), or the code of put. */
int gp_tar_head(struct gp_tar *t, const struct gp_tar_entry *e);
int gp_tar_bytes(struct gp_tar *t, struct gp_slice bytes);
int gp_tar_pad(struct gp_tar *t, long long size);
/* A file in one call. */
int gp_tar_file(struct gp_tar *t, const char *path, mode_t permissions, struct gp_slice bytes,
                long long mtime);
/* The two empty blocks. */
int gp_tar_end(struct gp_tar *t);

/* Writes all that is below folder: files, folders and links, as path/...; leaves everything else
 * out, and '.git' at the top. Never follows a link. 0, GP_LIMIT (too deep), GP_FAILED, or the code
 * of put. */
int gp_tar_tree(struct gp_tar *t, const char *folder, const char *path);

/* The one regular file of an archive that an engine sent: pax headers before it are passed over, a
 * slice of text. 0; GP_NOTFOUND: the first entry is none (a folder, a link, a device, nothing);
 * GP_INVALID: no archive, or cut off. */
int gp_tar_only_file(struct gp_slice *out, struct gp_slice text);

#endif

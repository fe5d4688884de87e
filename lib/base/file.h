/*
 * file.h - files of our own folder and capped reads of foreign ones; locks; trees to throw away.
 */
#ifndef GP_FILE_H
#define GP_FILE_H

#include "lib/base/buf.h"

/* Appends the file's bytes. path is relative to dirfd (AT_FDCWD for the current folder); the last
 * component may not be a symlink when nofollow is set; only regular files are read.
 * 0, GP_NOTFOUND, GP_LIMIT (longer than max; nothing appended), GP_FAILED. */
int gp_file_read(struct gp_buf *out, int dirfd, const char *path, size_t max, bool nofollow);

/* Replaces the file by rename of a synced temporary in the same folder: readers see the old or
 * the new bytes. 0 or GP_FAILED (old file intact). A writer that is killed may leave its temporary,
 * "<path>.tmp-" and six characters. */
int gp_file_write(const char *path, struct gp_slice bytes, unsigned mode);

/* The same for what can be made again: whole after our own death, perhaps empty after the
 * machine's. Waits for no disk. */
int gp_file_put(const char *path, struct gp_slice bytes, unsigned mode);

/* Removes the temporaries that killed writers left in a folder more than ten minutes ago. Best
 * effort. */
void gp_file_sweep(const char *folder);

/* Appends one record with a single write to a file opened O_APPEND (created 0600): concurrent
 * writers never interleave. 0 or GP_FAILED. */
int gp_file_append(const char *path, struct gp_slice bytes);

/* Makes the folder and its parents (0700). 0 or GP_FAILED. */
int gp_file_mkdirs(const char *path);

/* Removes a file or a whole tree without following symlinks, also through folders whose
 * permissions were taken away. 0 (also when it is not there) or GP_FAILED (as much as possible is
 * gone). Deep and wide trees are fine. */
int gp_file_remove(const char *path);

/* The same for at most so many milliseconds. GP_LIMIT then: the rest is still there. */
int gp_file_remove_within(const char *path, long ms);

/* Bytes on disk of a file or a whole tree on its file system, symlinks not followed; what cannot be
 * looked at counts nothing. */
long long gp_file_disk(const char *path);

/* Like `command -v`: appends the first executable regular file `name` on the search path. 0 or
 * GP_NOTFOUND (also for a name with a '/'). path NULL means $PATH. Relative entries of the path are
 * passed over: a tool must not come from the folder a hostile repository is in. */
int gp_file_which(struct gp_buf *out, const char *name, const char *path);

/* An advisory lock (flock) on a file, freed when cleared or when the process dies. */
struct gp_lock {
	int fd; /* -1 or 0 when not held */
	char *path;
};

/* Takes the lock, creating the file; waits up to wait_ms (0: not at all).
 * 0, GP_EXISTS (held by another process), GP_STOPPED, GP_FAILED. */
int gp_lock_take(struct gp_lock *out, const char *path, long wait_ms);
void gp_lock_clear(struct gp_lock *l);

#endif

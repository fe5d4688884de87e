/*
 * data.h - the tables that come with the program: prices, credential shapes.
 *
 * They lie beside the program in a build folder, and in our data folder once installed.
 */
#ifndef GP_DATA_H
#define GP_DATA_H

#include "lib/base/buf.h"

/* Reads the file that the environment variable env names (NULL: none may), else name beside the
 * running program, else name in our data folder. path is set to the one that was read, or the last
 * that was tried. 0, or what gp_file_read returns, with its message; more than max bytes are
 * GP_LIMIT. */
int gp_data_read(struct gp_buf *out, struct gp_buf *path, const char *env, const char *name,
                 size_t max);

#endif

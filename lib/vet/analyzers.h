/*
 * analyzers.h - which static analysis a project has asked for, and its commands. Pure.
 */
#ifndef GP_VET_ANALYZERS_H
#define GP_VET_ANALYZERS_H

#include "lib/base/buf.h"

/* Appends the commands that vet.analyzers asks for. "auto": those of the table whose configuration
 * stands in the project and that some of files concern; each ends quietly where its program is
 * absent. Else the commands themselves, set apart by ";;". has (ctx, path) tells whether the
 * project has a file. */
void gp_analyzers_choose(struct gp_list *out, const char *setting, const struct gp_list *files,
                         bool (*has)(void *ctx, const char *path), void *ctx);

/* Appends a command with "{files}" as its files, quoted for sh; without that mark as it is. False
 * when the mark is there and no file concerns the command: nothing to run. A preset concerns files
 * of its own endings, other commands any file. */
bool gp_analyzers_fill(struct gp_buf *out, const char *command, const struct gp_list *files);

#endif

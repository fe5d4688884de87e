/*
 * late.h - a shared library bound at its first use instead of at start.
 *
 * libcurl and libgit2 bring some thirty libraries with them: loading both costs 5 ms, which -h,
 * completion and the pre-push hook need not pay. A door lists the functions it uses as an
 * X-macro, keeps a struct of pointers typed by the library's own header, and fills it here.
 */
#ifndef GP_LATE_H
#define GP_LATE_H

#include "lib/base/base.h"

/* Opens soname and stores the address of names[i] into table[i], i < n. Idempotent per table is
 * the caller's business. 0; GP_NOTFOUND with a hint that names the package when the library or
 * one of the functions is missing (table then unspecified). The library is never closed. */
int gp_late_bind(void **table, const char *soname, const char *const *names, size_t n);

#endif

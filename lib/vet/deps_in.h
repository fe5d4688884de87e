/*
 * deps_in.h - inside lib/vet: what the readers of dependency files share.
 *
 * A reader gets the last part of a path and the text; it appends and returns 0, GP_INVALID or
 * GP_NOTFOUND. One reader is for a family of formats.
 */
#ifndef GP_VET_DEPS_IN_H
#define GP_VET_DEPS_IN_H

#include "lib/base/json.h"
#include "lib/vet/dependencies.h"

#define NPM "npm"
#define PYPI "PyPI"
#define CARGO "crates.io"
#define GO "Go"
#define MAVEN "Maven"
#define GEMS "RubyGems"
#define COMPOSER "Packagist"
#define NUGET "NuGet"
#define HEX "Hex"
#define ACTIONS "GitHub Actions"
#define DOCKER "Docker"
#define GIT "git"
#define SHELL "shell"

/* Each appends what a file of its formats says. 0, GP_INVALID, GP_FAILED, GP_NOTFOUND. */
int gp_deps_npm(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_pnpm(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_yarn(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_requirements(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_python(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_python_lock(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_cargo(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_go(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_pom(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_gradle(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_ruby(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_composer(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_nuget(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_mix(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_actions(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_docker(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_modules(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_cmake(struct gp_deps *out, const char *name, struct gp_slice text);
int gp_deps_script(struct gp_deps *out, const char *name, struct gp_slice text);

/* Appends an entry, the rest of it empty; valid until the next. Of a name above 300 bytes the rest
 * is left out. Never NULL. */
struct gp_dep *gp_dep_add(struct gp_deps *d, const char *ecosystem, enum gp_dep_where where,
                          struct gp_slice name);
/* The same with a requirement; NULLs are "". */
struct gp_dep *gp_dep_put(struct gp_deps *d, const char *ecosystem, enum gp_dep_where where,
                          const char *name, const char *version);
/* Adds a need; names as they are written. Nothing without a name. */
void gp_dep_need(struct gp_deps *d, const char *ecosystem, const char *from, const char *version,
                 const char *to);
/* Replaces a string of an entry. */
void gp_dep_set(char **field, struct gp_slice v);
/* Adds a digest to those of an entry. */
void gp_dep_digest(struct gp_dep *d, const char *digest);
/* Sets source, and tells git from other addresses and from paths. */
void gp_dep_source(struct gp_dep *d, enum gp_dep_from otherwise, const char *source);

/* What a command fetches: curl | sh, npx, pip install and their kin. line: of the text's first. */
void gp_deps_commands(struct gp_deps *out, struct gp_slice text, size_t line);

/* Appends an address as a name: no scheme, no user, no ".git". */
void gp_dep_address(struct gp_buf *out, const char *url);

/* Cuts the next word (up to white space, quotes honoured and left out) off rest. */
bool gp_dep_word(struct gp_slice *out, struct gp_slice *rest);
bool gp_slice_starts(struct gp_slice s, const char *prefix);
/* Cuts what stands before a character off rest, and the character; all of it without one. */
struct gp_slice gp_dep_cut(struct gp_slice *rest, char c);
/* Without one pair of quotes around it. */
struct gp_slice gp_dep_unquote(struct gp_slice s);

#endif

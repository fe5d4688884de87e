/*
 * dependencies.h - what a tree takes from others, and what a change adds to that.
 *
 * Readers turn manifests, lock files, build scripts, workflows and container files into one list;
 * the comparison of two lists makes findings of kind "dependency". Pure: no file is opened, nothing
 * is asked (YAML loads its library at its first use). All texts are hostile.
 */
#ifndef GP_VET_DEPENDENCIES_H
#define GP_VET_DEPENDENCIES_H

#include "lib/vet/findings.h"

/* What a file says about a name. */
enum gp_dep_where {
	GP_DEP_MANIFEST, /* asked for by people */
	GP_DEP_LOCK,     /* chosen by a tool */
	GP_DEP_ECHO,     /* a lock file's own copy of what people asked for */
	GP_DEP_SCRIPT,   /* fetched by a command: npx, pip install */
	GP_DEP_HOOK,     /* no name but a command that runs at installation: version has it */
	GP_DEP_PIPE,     /* no name but a download that is run as it comes: version has the line */
	GP_DEP_INDEX,    /* no name but a place that names are looked up in: source has it */
};

enum gp_dep_from {
	GP_DEP_REGISTRY, /* source: the address that a lock file has, or NULL */
	GP_DEP_GIT,
	GP_DEP_URL,
	GP_DEP_PATH,
};

struct gp_dep {
	const char *ecosystem; /* as OSV names them, and "Docker", "git", "shell"; static */
	char *name;            /* normalised as the ecosystem does */
	char *version;         /* a requirement or a version; "" when none is given */
	char *source;          /* as written, or NULL */
	char *integrity;       /* digests, apart by spaces, or NULL */
	enum gp_dep_where where;
	enum gp_dep_from from;
	bool script;   /* runs something at installation */
	bool unlocked; /* a manifest's that need not be in a lock: peers, overrides, build tools */
	size_t line;   /* from 1; 0: where the name stands first */
	size_t file;   /* for who reads several: which it was */
};

/* In a lock: from (of a version) needs to. Indexes nothing: names. */
struct gp_dep_edge {
	char *from, *version, *to;
	size_t file;
};

struct gp_deps {
	struct gp_dep *v;
	size_t n, cap;
	struct gp_dep_edge *edges;
	size_t nedges, edges_cap;
};
void gp_deps_clear(struct gp_deps *d);

/* Whether a path's name tells a file that is read. */
bool gp_deps_known(const char *path);

/* Appends what a file of that path says. 0; GP_INVALID (not what its name promises), GP_LIMIT
 * (above 32 MiB, or 200,000 entries or 1,000,000 needs), GP_NOTFOUND (libyaml is missing): out then
 * holds a part. A path that is not known appends nothing. */
int gp_deps_read(struct gp_deps *out, const char *path, struct gp_slice text);

/* A file on both sides; an absent side has a NULL text, an unchanged file the same slice twice. */
struct gp_deps_file {
	const char *path;
	struct gp_slice old, new;
};

struct gp_dep_questions;

/* Names that are well known, one list for each ecosystem: popular.tsv. */
struct gp_popular {
	struct gp_known {
		const char *ecosystem, *name; /* in text */
	} * v;
	size_t n, cap;
	char *text;
};
void gp_popular_clear(struct gp_popular *p);
/* Reads the table: "<ecosystem><tab><names, apart by spaces>" a line, '#' begins a comment. 0, or
 * GP_INVALID with the line. Pure. */
int gp_popular_parse(struct gp_popular *out, struct gp_slice table);

struct gp_deps_input {
	const struct gp_deps_file *files; /* changed ones, and unchanged known ones: names there
	                                     are not new, locks there are compared */
	size_t n;
	const char *request; /* as it was recorded; NULL: nobody asked for anything */
	const char *const
		*allowed; /* names or globs, perhaps "<ecosystem>:<glob>"; NULL at the end */
	const struct gp_popular *popular; /* NULL: none is */
	bool blocks; /* whether what should block does; else all findings only warn */
	struct gp_dep_questions *questions; /* gets what could be asked online; NULL: nothing */
};

/* Appends what the change of these files brings, ordered by file. Of a finding commit and print
 * are NULL: who knows them sets them (print: a digest of rule and shown). Credentials in addresses
 * are not shown. 0, or GP_NOTFOUND when a library is missing: then nothing is known. A file that
 * cannot be read is a finding ("dep-unread"), unless it was so before. */
int gp_deps_vet(struct gp_findings *out, const struct gp_deps_input *in);

#endif

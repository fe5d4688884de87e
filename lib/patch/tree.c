#include "lib/patch/apply.h"

#include <string.h>

static bool is_file(unsigned mode)
{
	return (mode & 0170000) == 0100000;
}

static const char *kind(unsigned mode)
{
	switch (mode & 0170000) {
	case 0040000:
		return "a folder";
	case 0120000:
		return "a symbolic link";
	case 0160000:
		return "a submodule";
	default:
		return "a file";
	}
}

static const char *code(unsigned mode)
{
	return (mode & 0170000) == 0120000 ? "symlink" : "clash";
}

/* Whether this patch takes path away, so that its name is free for another spelling. */
static bool leaves(const struct gp_apply *a, const char *path)
{
	for (size_t i = 0; i < a->p->n; i++) {
		const struct gp_patch_file *f = &a->p->v[i];

		if ((f->op == GP_PATCH_DELETE || f->to) && strcmp(f->path, path) == 0)
			return true;
	}
	return false;
}

/* What stands at the first n bytes of path. */
static unsigned look(struct gp_apply *a, const char *path, size_t n, const char **clash)
{
	gp_auto_str char *part = gp_strndup(path, n);

	*clash = NULL;
	return a->tree->stat(a->tree->ctx, part, clash);
}

/* Walks the folders of path. 1: all are there; 0: some are missing; -1: a problem was noted. */
static int walk(struct gp_apply *a, const char *path)
{
	const char *clash;

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		int n = (int)(slash - path);
		unsigned mode = look(a, path, (size_t)n, &clash);

		if (mode == 0 && clash) {
			gp_apply_say(a,
			             "clash: %.150s: '%.*s' differs from the existing '%.150s' "
			             "only in case "
			             "or composition; use the existing spelling",
			             path, n < 150 ? n : 150, path, clash);
			return -1;
		}
		if (mode == 0)
			return 0;
		if (mode != 0040000) {
			gp_apply_say(a, "%s: %.150s: '%.*s' is %s, not a folder; use another path",
			             code(mode), path, n < 150 ? n : 150, path, kind(mode));
			return -1;
		}
	}
	return 1;
}

bool gp_tree_has_file(struct gp_apply *a, const char *path, unsigned *mode)
{
	const char *clash = NULL;
	int there = walk(a, path);

	if (there < 0)
		return false;
	*mode = there ? look(a, path, strlen(path), &clash) : 0;
	if (*mode == 0 && clash)
		gp_apply_say(a, "missing: %.150s does not exist; did you mean '%.150s'?", path,
		             clash);
	else if (*mode == 0)
		gp_apply_say(
			a,
			"missing: %.150s does not exist; check the path, or add the file with its "
			"whole content",
			path);
	else if (!is_file(*mode))
		gp_apply_say(a, "%s: %.150s is %s; only plain files can be changed", code(*mode),
		             path, kind(*mode));
	return is_file(*mode);
}

bool gp_tree_is_free(struct gp_apply *a, const char *path)
{
	const char *clash = NULL;
	int there = walk(a, path);
	unsigned mode;

	if (there <= 0)
		return there == 0;
	mode = look(a, path, strlen(path), &clash);
	if (is_file(mode))
		gp_apply_say(a,
		             "exists: %.150s exists already; change it by an update, or delete it",
		             path);
	else if (mode)
		gp_apply_say(a, "%s: %.150s is %s; use another path", code(mode), path, kind(mode));
	else if (clash && !leaves(a, clash))
		gp_apply_say(a,
		             "clash: %.150s differs from the existing '%.150s' only in case or "
		             "composition; "
		             "change that file, or use another name",
		             path, clash);
	else
		return true;
	return false;
}

bool gp_tree_lacks(struct gp_apply *a, const char *path)
{
	const char *clash, *slash = path;

	while ((slash = strchr(slash, '/'))) {
		unsigned mode = look(a, path, (size_t)(slash - path), &clash);

		if (mode != 0040000)
			return mode == 0;
		slash++;
	}
	return look(a, path, strlen(path), &clash) == 0;
}

/* A file this patch makes: its path, and the same folded. */
struct made {
	const char *path;
	struct gp_buf key;
};

/* Walks two paths as far as they fold to the same; a reason when they cannot both be. */
static const char *apart(const struct made *x, const struct made *y)
{
	const char *a = x->path, *b = y->path, *ka = gp_buf_text(&x->key),
		   *kb = gp_buf_text(&y->key);

	while (true) {
		size_t na = strcspn(a, "/"), nb = strcspn(b, "/");
		size_t fa = strcspn(ka, "/"), fb = strcspn(kb, "/");

		if (fa != fb || memcmp(ka, kb, fa) != 0)
			return NULL;
		if (na != nb || memcmp(a, b, na) != 0)
			return "differ only in case or composition";
		if (!a[na] || !b[nb])
			return "need one name as a file and as a folder";
		a += na + 1;
		b += nb + 1;
		ka += fa + 1;
		kb += fb + 1;
	}
}

void gp_tree_check_made(struct gp_apply *a)
{
	struct made v[GP_PATCH_FILES];
	size_t n = 0;
	const char *reason;

	for (size_t i = 0; i < a->p->n; i++) {
		const struct gp_patch_file *f = &a->p->v[i];

		if (f->op == GP_PATCH_DELETE || (f->op == GP_PATCH_UPDATE && !f->to && !f->create))
			continue;
		v[n] = (struct made){.path = f->to ? f->to : f->path};
		gp_path_fold(&v[n].key, gp_slice(v[n].path));
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < i; k++) {
			reason = apart(&v[i], &v[k]);
			if (reason)
				gp_apply_say(a, "clash: %.150s and %.150s %s; rename one",
				             v[k].path, v[i].path, reason);
		}
	}
	for (size_t i = 0; i < n; i++)
		gp_buf_clear(&v[i].key);
}

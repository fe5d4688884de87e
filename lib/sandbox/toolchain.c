#include "lib/sandbox/inside.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A manager of toolchains: known by a folder on the way to its programs. All paths are relative to
 * the folder that holds the marker. What is mounted is programs and caches, never a folder in
 * which the manager also keeps credentials (.cargo, .gem, .composer, .dotnet, .rye, .julia). */
static const struct manager {
	const char *marker;
	const char *mounts[8]; /* none: the marker's folder whole */
	const char *env[3];    /* NAME=path */
} managers[] = {
	{".pyenv", {NULL}, {"PYENV_ROOT=.pyenv"}},
	{".rbenv", {NULL}, {"RBENV_ROOT=.rbenv"}},
	{".nodenv", {NULL}, {"NODENV_ROOT=.nodenv"}},
	{".goenv", {NULL}, {"GOENV_ROOT=.goenv"}},
	{".phpenv", {NULL}, {"PHPENV_ROOT=.phpenv"}},
	{".jenv", {NULL}, {"JENV_ROOT=.jenv"}},
	{".rvm", {NULL}, {"rvm_path=.rvm"}},
	{".nvm", {NULL}, {"NVM_DIR=.nvm"}},
	{".fnm", {NULL}, {NULL}},
	{".local/share/fnm", {NULL}, {NULL}},
	{".volta", {NULL}, {"VOLTA_HOME=.volta"}},
	{".asdf", {NULL}, {"ASDF_DIR=.asdf", "ASDF_DATA_DIR=.asdf"}},
	{".local/share/mise", {NULL}, {"MISE_DATA_DIR=.local/share/mise"}},
	{".proto", {NULL}, {"PROTO_HOME=.proto"}},
	{".sdkman", {NULL}, {"SDKMAN_DIR=.sdkman"}},
	{".jabba", {NULL}, {NULL}},
	{".ghcup", {NULL}, {NULL}},
	{".opam", {NULL}, {"OPAMROOT=.opam"}},
	{".elan", {NULL}, {"ELAN_HOME=.elan"}},
	{".linuxbrew", {NULL}, {NULL}},
	{"miniconda3", {NULL}, {NULL}},
	{"anaconda3", {NULL}, {NULL}},
	{"miniforge3", {NULL}, {NULL}},
	{"mambaforge", {NULL}, {NULL}},
	{".pixi", {NULL}, {NULL}},
	{".deno", {".deno/bin"}, {NULL}},
	{".bun", {".bun/bin"}, {NULL}},
	{".local/share/pnpm", {NULL}, {"PNPM_HOME=.local/share/pnpm"}},
	{".cargo",
         {".cargo/bin", ".cargo/registry", ".cargo/git", ".rustup"},
         {"CARGO_HOME=.cargo", "RUSTUP_HOME=.rustup"}},
	{"go", {"go/bin", "go/pkg"}, {NULL}},
	{"sdk", {NULL}, {NULL}},
	{".gem", {".gem/ruby"}, {NULL}},
	{".composer", {".composer/vendor"}, {NULL}},
	{".dotnet",
         {".dotnet/dotnet", ".dotnet/host", ".dotnet/sdk", ".dotnet/shared", ".dotnet/packs",
          ".dotnet/sdk-manifests", ".dotnet/tools"},
         {"DOTNET_ROOT=.dotnet"}},
	{".rye", {".rye/shims", ".rye/py", ".rye/self", ".rye/tools"}, {"RYE_HOME=.rye"}},
	{".juliaup", {".juliaup", ".julia/juliaup"}, {NULL}},
	{".cabal", {".cabal/bin"}, {NULL}},
	{".stack", {".stack/programs"}, {NULL}},
	{".local/bin",
         {".local/bin", ".local/pipx/venvs", ".local/share/pipx/venvs", ".local/share/uv/tools",
          ".local/share/uv/python"},
         {NULL}},
};

/* never mounted, nor anything below, nor a folder that holds one of them */
static const char *const secrets[] = {
	".ssh",          ".aws",
	".gnupg",        ".config",
	".kube",         ".docker",
	".azure",        ".netrc",
	".npmrc",        ".pypirc",
	".mozilla",      ".password-store",
	".gcloud",       ".git-credentials",
	".bash_history",
};

struct plan {
	struct gp_list *mounts, *env;
	const char *home;
};

static bool below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 && (path[n] == 0 || path[n] == '/');
}

static bool is_system(const char *path)
{
	static const char *const roots[] = {"/usr",   "/bin",   "/sbin", "/lib",
	                                    "/lib64", "/lib32", "/opt"};

	for (size_t i = 0; i < GP_COUNT(roots); i++)
		if (below(path, roots[i]))
			return true;
	return false;
}

static bool is_secret(const char *path)
{
	for (size_t i = 0; i < GP_COUNT(secrets); i++) {
		gp_auto(gp_buf) b = {0};

		gp_buf_fmt(&b, "%s/%s", path, secrets[i]);
		if (access(gp_buf_text(&b), F_OK) == 0)
			return true;
		gp_buf_cut(&b, 0);
		gp_buf_fmt(&b, "/%s/", secrets[i]);
		if (strstr(path, gp_buf_text(&b)) ||
		    (gp_ends(path, secrets[i]) &&
		     path[strlen(path) - strlen(secrets[i]) - 1] == '/'))
			return true;
	}
	return false;
}

static void mount_one(struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->mounts->n; i++)
		if (below(path, p->mounts->v[i]))
			return;
	if (access(path, F_OK) == 0 && !below(p->home, path))
		gp_list_add(p->mounts, path);
}

static void mount_below(struct plan *p, struct gp_slice base, const char *rest)
{
	gp_auto(gp_buf) b = {0};

	gp_buf_slice(&b, base);
	gp_buf_str(&b, rest);
	mount_one(p, gp_buf_text(&b));
}

static void mount_manager(struct plan *p, struct gp_slice base, const struct manager *m)
{
	if (!m->mounts[0])
		mount_below(p, base, m->marker);
	for (size_t i = 0; i < GP_COUNT(m->mounts) && m->mounts[i]; i++)
		mount_below(p, base, m->mounts[i]);
	for (size_t i = 0; i < GP_COUNT(m->env) && m->env[i]; i++) {
		const char *eq = strchr(m->env[i], '=');
		gp_auto(gp_buf) b = {0};

		gp_buf_fmt(&b, "%.*s%.*s%s", (int)(eq + 1 - m->env[i]), m->env[i], (int)base.n,
		           base.p, eq + 1);
		if (!gp_list_has(p->env, gp_buf_text(&b)))
			gp_list_add(p->env, gp_buf_text(&b));
	}
}

/* The manager whose marker stands in path as whole components; base: what comes before it. */
static const struct manager *find_manager(struct gp_slice *base, const char *path)
{
	for (size_t i = 0; i < GP_COUNT(managers); i++) {
		size_t n = strlen(managers[i].marker);
		const char *at = path;

		while ((at = strstr(at, managers[i].marker))) {
			if (at > path && at[-1] == '/' && (at[n] == '/' || at[n] == 0)) {
				*base = (struct gp_slice){path, (size_t)(at - path)};
				return &managers[i];
			}
			at += n;
		}
	}
	return NULL;
}

static bool take_folder(struct plan *p, const char *folder, int depth);

/* a virtual environment is whole or useless, and leans on the interpreter it was made from */
static bool take_venv(struct plan *p, const char *folder, int depth)
{
	gp_auto_str char *root = gp_strdup(folder), *target = NULL;
	gp_auto(gp_buf) b = {0};
	char *slash = strrchr(root, '/');

	if (!slash || slash == root || strcmp(slash, "/bin") != 0)
		return false;
	*slash = 0;
	gp_buf_fmt(&b, "%s/pyvenv.cfg", root);
	if (access(gp_buf_text(&b), F_OK))
		return false;
	mount_one(p, root);
	gp_buf_cut(&b, 0);
	gp_buf_fmt(&b, "%s/python3", folder);
	target = realpath(gp_buf_text(&b), NULL);
	if (target && depth == 0) {
		*strrchr(target, '/') = 0;
		take_folder(p, target, depth + 1);
	}
	return true;
}

/* Whether the folder can be seen inside; mounts what that needs. */
static bool take_folder(struct plan *p, const char *folder, int depth)
{
	const struct manager *m;
	struct gp_slice base;

	if (is_system(folder))
		return true;
	if (below(folder, "/work") || below(folder, "/proc") || below(folder, "/dev") ||
	    strcmp(folder, "/") == 0 || below(p->home, folder))
		return false;
	m = find_manager(&base, folder);
	if (m) {
		mount_manager(p, base, m);
		return true;
	}
	if (below(folder, "/nix/store")) {
		mount_one(p, "/nix/store");
		return true;
	}
	if (take_venv(p, folder, depth))
		return true;
	/* programs of a checkout, which has no business here */
	if (is_secret(folder) || gp_ends(folder, "/node_modules/.bin"))
		return false;
	mount_one(p, folder);
	return true;
}

static void search_add(struct gp_buf *search, struct gp_list *seen, const char *folder)
{
	if (gp_list_has(seen, folder))
		return;
	gp_list_add(seen, folder);
	gp_buf_fmt(search, "%s%s", search->n ? ":" : "", folder);
}

/* Go keeps the sources of dependencies in one folder, and tests run without the network. */
static void module_cache(struct plan *p)
{
	gp_auto(gp_buf) b = {0};

	gp_buf_fmt(&b, "%s/go/pkg/mod", p->home);
	if (access(gp_buf_text(&b), F_OK))
		return;
	mount_one(p, gp_buf_text(&b));
	gp_list_fmt(p->env, "GOMODCACHE=%s", gp_buf_text(&b));
}

void gp_toolchains(struct gp_list *mounts, struct gp_buf *search, struct gp_list *env,
                   const char *path, const char *home)
{
	gp_auto_str char *real_home = home && *home ? realpath(home, NULL) : NULL;
	struct plan p = {mounts, env, real_home ? real_home : "/nonexistent"};
	gp_auto(gp_list) seen = {0};
	static const char *const usual[] = {"/usr/local/bin", "/usr/bin", "/bin"};

	while (path && *path) {
		size_t n = strcspn(path, ":");
		gp_auto_str char *entry = gp_strndup(path, n);
		gp_auto_str char *folder = *entry == '/' ? realpath(entry, NULL) : NULL;
		struct stat st;

		if (folder && stat(folder, &st) == 0 && S_ISDIR(st.st_mode) &&
		    take_folder(&p, folder, 0))
			search_add(search, &seen, folder);
		path += n + (path[n] == ':');
	}
	for (size_t i = 0; i < GP_COUNT(usual); i++)
		search_add(search, &seen, usual[i]);
	module_cache(&p);
}

#include "lib/context/choose.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/glob.h"

#define NAME_LONGEST 24

/* Whole names and ends of names, in lower case and in byte order: they are searched by halves, for
 * each of a repository's files. */
struct name {
	const char *text;
	enum gp_name_kind kind;
};

static const struct name whole_names[] = {
	{".boto", GP_NAME_SECRET},
	{".dockercfg", GP_NAME_SECRET},
	{".git-credentials", GP_NAME_SECRET},
	{".htpasswd", GP_NAME_SECRET},
	{".my.cnf", GP_NAME_SECRET},
	{".netrc", GP_NAME_SECRET},
	{".npmrc", GP_NAME_SECRET},
	{".pgpass", GP_NAME_SECRET},
	{".pypirc", GP_NAME_SECRET},
	{".s3cfg", GP_NAME_SECRET},
	{".vault-token", GP_NAME_SECRET},
	{"_netrc", GP_NAME_SECRET},
	{"build.gradle", GP_NAME_MANIFEST},
	{"build.gradle.kts", GP_NAME_MANIFEST},
	{"bun.lockb", GP_NAME_NOISE},
	{"cargo.toml", GP_NAME_MANIFEST},
	{"cmakelists.txt", GP_NAME_MANIFEST},
	{"composer.json", GP_NAME_MANIFEST},
	{"credentials", GP_NAME_SECRET},
	{"credentials.json", GP_NAME_SECRET},
	{"deno.json", GP_NAME_MANIFEST},
	{"gemfile", GP_NAME_MANIFEST},
	{"go.mod", GP_NAME_MANIFEST},
	{"go.sum", GP_NAME_NOISE},
	{"gradle.lockfile", GP_NAME_NOISE},
	{"id_dsa", GP_NAME_SECRET},
	{"id_ecdsa", GP_NAME_SECRET},
	{"id_ed25519", GP_NAME_SECRET},
	{"id_rsa", GP_NAME_SECRET},
	{"kubeconfig", GP_NAME_SECRET},
	{"makefile", GP_NAME_MANIFEST},
	{"meson.build", GP_NAME_MANIFEST},
	{"mix.exs", GP_NAME_MANIFEST},
	{"npm-shrinkwrap.json", GP_NAME_NOISE},
	{"package-lock.json", GP_NAME_NOISE},
	{"package.json", GP_NAME_MANIFEST},
	{"package.resolved", GP_NAME_NOISE},
	{"package.swift", GP_NAME_MANIFEST},
	{"pnpm-lock.yaml", GP_NAME_NOISE},
	{"pom.xml", GP_NAME_MANIFEST},
	{"pyproject.toml", GP_NAME_MANIFEST},
	{"requirements.txt", GP_NAME_MANIFEST},
	{"secrets.json", GP_NAME_SECRET},
	{"secrets.toml", GP_NAME_SECRET},
	{"secrets.yaml", GP_NAME_SECRET},
	{"secrets.yml", GP_NAME_SECRET},
	{"service-account.json", GP_NAME_SECRET},
	{"setup.cfg", GP_NAME_MANIFEST},
	{"setup.py", GP_NAME_MANIFEST},
	{"terraform.tfstate", GP_NAME_SECRET},
	{"tsconfig.json", GP_NAME_MANIFEST},
};

static const struct name name_ends[] = {
	{".1", GP_NAME_DOC},
	{".5", GP_NAME_DOC},
	{".7z", GP_NAME_NOISE},
	{".a", GP_NAME_NOISE},
	{".adoc", GP_NAME_DOC},
	{".asc", GP_NAME_SECRET},
	{".avi", GP_NAME_NOISE},
	{".bin", GP_NAME_NOISE},
	{".bmp", GP_NAME_NOISE},
	{".bz2", GP_NAME_NOISE},
	{".class", GP_NAME_NOISE},
	{".csv", GP_NAME_NOISE},
	{".dat", GP_NAME_NOISE},
	{".db", GP_NAME_NOISE},
	{".deb", GP_NAME_NOISE},
	{".diff", GP_NAME_NOISE},
	{".dll", GP_NAME_NOISE},
	{".docx", GP_NAME_NOISE},
	{".dylib", GP_NAME_NOISE},
	{".eot", GP_NAME_NOISE},
	{".exe", GP_NAME_NOISE},
	{".g.dart", GP_NAME_NOISE},
	{".gif", GP_NAME_NOISE},
	{".gpg", GP_NAME_SECRET},
	{".gz", GP_NAME_NOISE},
	{".htpasswd", GP_NAME_SECRET},
	{".ico", GP_NAME_NOISE},
	{".ipynb", GP_NAME_NOISE},
	{".iso", GP_NAME_NOISE},
	{".jar", GP_NAME_NOISE},
	{".jks", GP_NAME_SECRET},
	{".jpeg", GP_NAME_NOISE},
	{".jpg", GP_NAME_NOISE},
	{".kdbx", GP_NAME_SECRET},
	{".key", GP_NAME_SECRET},
	{".keystore", GP_NAME_SECRET},
	{".lock", GP_NAME_NOISE},
	{".log", GP_NAME_NOISE},
	{".map", GP_NAME_NOISE},
	{".md", GP_NAME_DOC},
	{".mdx", GP_NAME_DOC},
	{".min.css", GP_NAME_NOISE},
	{".min.js", GP_NAME_NOISE},
	{".mo", GP_NAME_NOISE},
	{".mobileprovision", GP_NAME_SECRET},
	{".mov", GP_NAME_NOISE},
	{".mp3", GP_NAME_NOISE},
	{".mp4", GP_NAME_NOISE},
	{".npy", GP_NAME_NOISE},
	{".o", GP_NAME_NOISE},
	{".ogg", GP_NAME_NOISE},
	{".onnx", GP_NAME_NOISE},
	{".otf", GP_NAME_NOISE},
	{".ovpn", GP_NAME_SECRET},
	{".p12", GP_NAME_SECRET},
	{".pack", GP_NAME_NOISE},
	{".parquet", GP_NAME_NOISE},
	{".patch", GP_NAME_NOISE},
	{".pb.cc", GP_NAME_NOISE},
	{".pb.go", GP_NAME_NOISE},
	{".pb.h", GP_NAME_NOISE},
	{".pdf", GP_NAME_NOISE},
	{".pem", GP_NAME_SECRET},
	{".pfx", GP_NAME_SECRET},
	{".pkl", GP_NAME_NOISE},
	{".png", GP_NAME_NOISE},
	{".po", GP_NAME_NOISE},
	{".pot", GP_NAME_NOISE},
	{".ppk", GP_NAME_SECRET},
	{".pptx", GP_NAME_NOISE},
	{".psd", GP_NAME_NOISE},
	{".pyc", GP_NAME_NOISE},
	{".rar", GP_NAME_NOISE},
	{".rpm", GP_NAME_NOISE},
	{".rst", GP_NAME_DOC},
	{".snap", GP_NAME_NOISE},
	{".so", GP_NAME_NOISE},
	{".sqlite", GP_NAME_NOISE},
	{".sqlite3", GP_NAME_NOISE},
	{".svg", GP_NAME_NOISE},
	{".tfstate", GP_NAME_SECRET},
	{".tfvars", GP_NAME_SECRET},
	{".tgz", GP_NAME_NOISE},
	{".tif", GP_NAME_NOISE},
	{".tiff", GP_NAME_NOISE},
	{".tsv", GP_NAME_NOISE},
	{".ttf", GP_NAME_NOISE},
	{".txt", GP_NAME_DOC},
	{".war", GP_NAME_NOISE},
	{".wasm", GP_NAME_NOISE},
	{".wav", GP_NAME_NOISE},
	{".webm", GP_NAME_NOISE},
	{".webp", GP_NAME_NOISE},
	{".woff", GP_NAME_NOISE},
	{".woff2", GP_NAME_NOISE},
	{".xlsx", GP_NAME_NOISE},
	{".xz", GP_NAME_NOISE},
	{".zip", GP_NAME_NOISE},
	{".zst", GP_NAME_NOISE},
	{"_pb2.py", GP_NAME_NOISE},
};

static const char *const noise_folders[] = {
	"node_modules",     "vendor",      "third_party", "third-party", "dist",
	"bower_components", "__pycache__", ".venv",       "venv",        "site-packages",
	"__snapshots__",    "Pods",        ".yarn",       ".next",       ".nuxt",
	"autom4te.cache",
};

/* The second letters that the names of each length have, as bits: nearly every name of a repository
 * is none of these, and told so without a comparison. */
struct seconds {
	uint64_t of_length[NAME_LONGEST + 1];
};
static struct seconds whole_seconds, end_seconds, folder_seconds;

static uint64_t bit_of(char c)
{
	return (uint64_t)1 << (c & 63);
}

static void note_second(struct seconds *out, const char *name)
{
	out->of_length[strlen(name)] |= bit_of(name[1]);
}

static bool may_be(const struct seconds *s, const char *name, size_t n)
{
	return n > 1 && n <= NAME_LONGEST && (s->of_length[n] & bit_of(name[1]));
}

static void build_seconds(void)
{
	if (folder_seconds.of_length[4])
		return;
	for (size_t i = 0; i < GP_COUNT(whole_names); i++)
		note_second(&whole_seconds, whole_names[i].text);
	for (size_t i = 0; i < GP_COUNT(name_ends); i++)
		note_second(&end_seconds, name_ends[i].text);
	for (size_t i = 0; i < GP_COUNT(noise_folders); i++)
		note_second(&folder_seconds, noise_folders[i]);
}

void gp_ascii_lower(char *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (char)(s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]);
}

const char *gp_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int by_name(const void *key, const void *row)
{
	return strcmp(key, ((const struct name *)row)->text);
}

static enum gp_name_kind look_up(const char *text, const struct name *v, size_t n)
{
	const struct name *row = bsearch(text, v, n, sizeof(*v), by_name);

	return row ? row->kind : GP_NAME_PLAIN;
}

/* .env and .env.local hold secrets; .env.example does not. */
static bool env_file(const char *name)
{
	static const char *const open_ends[] = {".example", ".sample", ".template", ".dist"};

	if (!gp_starts(name, ".env") || (name[4] && name[4] != '.'))
		return false;
	for (size_t i = 0; i < GP_COUNT(open_ends); i++)
		if (gp_ends(name, open_ends[i]))
			return false;
	return true;
}

/* By the whole name, else by its longest known end. */
static enum gp_name_kind kind_of_name(const char *base)
{
	enum gp_name_kind kind = GP_NAME_PLAIN;
	char low[256];
	size_t n = strlen(base);

	if (n >= sizeof(low))
		return GP_NAME_PLAIN;
	gp_ascii_lower(low, base, n + 1);
	if (low[0] == '.' && env_file(low))
		return GP_NAME_SECRET;
	if (may_be(&whole_seconds, low, n))
		kind = look_up(low, whole_names, GP_COUNT(whole_names));
	for (const char *end = low + 1; kind == GP_NAME_PLAIN && (end = strpbrk(end, "._")); end++)
		if (may_be(&end_seconds, end, n - (size_t)(end - low)))
			kind = look_up(end, name_ends, GP_COUNT(name_ends));
	return kind;
}

static bool is_noise_folder(const char *name, size_t n)
{
	for (size_t i = 0; i < GP_COUNT(noise_folders); i++)
		if (strncmp(name, noise_folders[i], n) == 0 && noise_folders[i][n] == 0)
			return true;
	return false;
}

static bool in_noise_folder(const char *path)
{
	for (const char *slash; (slash = strchr(path, '/')); path = slash + 1) {
		size_t n = (size_t)(slash - path);

		if (may_be(&folder_seconds, path, n) && is_noise_folder(path, n))
			return true;
	}
	return false;
}

static bool in_secret_folder(const char *path)
{
	static const char *const folders[] = {".ssh/", ".aws/", ".gnupg/"};

	for (const char *dot = path; (dot = strchr(dot, '.')); dot++)
		for (size_t i = 0; i < GP_COUNT(folders); i++)
			if (dot[1] == folders[i][1] && gp_starts(dot, folders[i]))
				return true;
	return false;
}

enum gp_name_kind gp_name_kind(const char *path)
{
	enum gp_name_kind kind;

	build_seconds();
	kind = kind_of_name(gp_base_name(path));
	if (in_secret_folder(path))
		return GP_NAME_SECRET;
	return kind != GP_NAME_SECRET && in_noise_folder(path) ? GP_NAME_NOISE : kind;
}

static bool any_glob(const struct gp_list *globs, const char *path)
{
	for (size_t i = 0; i < globs->n; i++)
		if (gp_glob_match(globs->v[i], path))
			return true;
	return false;
}

/* A path with a control character could say more than a path. */
static bool printable(const char *path)
{
	bool ascii = true;

	for (const char *p = path; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return false;
		ascii = ascii && !(*p & 0x80);
	}
	return ascii || gp_utf8_valid(gp_slice(path));
}

bool gp_may_show(enum gp_name_kind *kind, const struct gp_context_options *o, const char *path,
                 unsigned mode)
{
	*kind = gp_name_kind(path);
	return (mode & 0170000) == 0100000 && *kind != GP_NAME_SECRET && printable(path) &&
	       !any_glob(&o->exclude, path);
}

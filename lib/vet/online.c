#include "lib/vet/online.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/vet/deps_in.h"

void gp_registry_facts_clear(struct gp_registry_facts *f)
{
	gp_buf_clear(&f->next);
	*f = (struct gp_registry_facts){0};
}

void gp_dep_questions_clear(struct gp_dep_questions *q)
{
	for (size_t i = 0; i < q->n; i++) {
		gp_free(q->v[i].name);
		gp_free(q->v[i].version);
		gp_free(q->v[i].path);
	}
	gp_free(q->v);
	*q = (struct gp_dep_questions){0};
}

/* "2013-03-27T20:04:18.123Z" or "20130327200418" as seconds; -1: neither. */
static long long read_time(const char *text)
{
	struct tm t = {0};
	int n = 0;

	if (!text || strnlen(text, 64) == 64)
		return -1;
	if (sscanf(text, "%4d-%2d-%2d%n", &t.tm_year, &t.tm_mon, &t.tm_mday, &n) == 3)
		text += n;
	else if (sscanf(text, "%4d%2d%2d%n", &t.tm_year, &t.tm_mon, &t.tm_mday, &n) == 3)
		text += strlen(text);
	else
		return -1;
	if (t.tm_year < 1990 || t.tm_year > 9999 || t.tm_mon < 1 || t.tm_mon > 12 ||
	    t.tm_mday < 1 || t.tm_mday > 31)
		return -1;
	if (*text && sscanf(text + 1, "%2d:%2d:%2d", &t.tm_hour, &t.tm_min, &t.tm_sec) != 3)
		t.tm_hour = t.tm_min = t.tm_sec = 0;
	t.tm_year -= 1900;
	t.tm_mon--;
	return (long long)timegm(&t);
}

static void note_time(struct gp_registry_facts *f, const char *text)
{
	long long s = read_time(text);

	if (s >= 0 && (f->first_s < 0 || s < f->first_s))
		f->first_s = s;
}

static void note_downloads(struct gp_registry_facts *f, const struct cJSON *o, const char *key)
{
	long long n = gp_json_int(o, key, -1);

	f->downloads = n >= 0 ? n : f->downloads;
}

/* What is no plain letter is coded, whatever it would mean in an address. */
static void put_coded(struct gp_buf *out, const char *name, const char *besides)
{
	for (const char *p = name; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if ((c < 0x80 && isalnum(c)) || strchr("-_~", c) || strchr(besides, c) ||
		    (c == '.' && p > name && p[-1] != '/' && p[-1] != '.'))
			gp_buf_chr(out, *p);
		else
			gp_buf_fmt(out, "%%%02X", c);
	}
}

static void npm_path(struct gp_buf *out, const char *name)
{
	gp_buf_chr(out, '/');
	put_coded(out, name, "@");
}

static int npm_read(struct gp_registry_facts *f, struct cJSON *j, const char *name, int step)
{
	if (step) {
		note_downloads(f, j, "downloads");
		return 0;
	}
	if (!gp_json_is_object(gp_json_get(j, "versions")))
		return GP_INVALID;
	note_time(f, gp_json_str(gp_json_get(j, "time"), "created"));
	gp_buf_chr(&f->next, '/');
	put_coded(&f->next, name, "@/");
	return 0;
}

static void pypi_path(struct gp_buf *out, const char *name)
{
	gp_buf_chr(out, '/');
	put_coded(out, name, "");
	gp_buf_str(out, "/json");
}

static int pypi_read(struct gp_registry_facts *f, struct cJSON *j, const char *name, int step)
{
	const struct cJSON *releases = gp_json_get(j, "releases");

	if (step) {
		note_downloads(f, gp_json_get(j, "data"), "last_week");
		return 0;
	}
	if (!gp_json_is_object(releases))
		return GP_INVALID;
	for (const struct cJSON *r = gp_json_first(releases); r; r = gp_json_next(r))
		for (const struct cJSON *file = gp_json_first(r); file; file = gp_json_next(file))
			note_time(f, gp_json_str(file, "upload_time_iso_8601"));
	gp_buf_chr(&f->next, '/');
	put_coded(&f->next, name, "");
	gp_buf_str(&f->next, "/recent");
	return 0;
}

static void plain_path(struct gp_buf *out, const char *name)
{
	gp_buf_chr(out, '/');
	put_coded(out, name, "");
}

static int crates_read(struct gp_registry_facts *f, struct cJSON *j, const char *name GP_UNUSED,
                       int step GP_UNUSED)
{
	const struct cJSON *crate = gp_json_get(j, "crate");

	note_time(f, gp_json_str(crate, "created_at"));
	note_downloads(f, crate, "downloads");
	return gp_json_is_object(crate) ? 0 : GP_INVALID;
}

static void gems_path(struct gp_buf *out, const char *name)
{
	gp_buf_str(out, "/versions/");
	put_coded(out, name, "");
	gp_buf_str(out, ".json");
}

static int gems_read(struct gp_registry_facts *f, struct cJSON *j, const char *name GP_UNUSED,
                     int step GP_UNUSED)
{
	long long sum = 0;

	if (!gp_json_is_array(j))
		return GP_INVALID;
	for (const struct cJSON *v = gp_json_first(j); v; v = gp_json_next(v)) {
		long long n = gp_json_int(v, "downloads_count", 0);

		note_time(f, gp_json_str(v, "created_at"));
		sum += n > 0 && sum < 1LL << 60 ? n : 0;
	}
	f->downloads = sum;
	return 0;
}

static void packagist_path(struct gp_buf *out, const char *name)
{
	gp_buf_chr(out, '/');
	put_coded(out, name, "/");
	gp_buf_str(out, ".json");
}

static int packagist_read(struct gp_registry_facts *f, struct cJSON *j, const char *name GP_UNUSED,
                          int step GP_UNUSED)
{
	const struct cJSON *p = gp_json_get(j, "package");

	note_time(f, gp_json_str(p, "time"));
	note_downloads(f, gp_json_get(p, "downloads"), "monthly");
	return gp_json_is_object(p) ? 0 : GP_INVALID;
}

static void nuget_path(struct gp_buf *out, const char *name)
{
	plain_path(out, name);
	gp_buf_str(out, "/index.json");
}

static int nuget_read(struct gp_registry_facts *f, struct cJSON *j, const char *name, int step)
{
	const struct cJSON *pages = gp_json_get(j, "items");

	if (step) {
		note_downloads(f, gp_json_first(gp_json_get(j, "data")), "totalDownloads");
		return 0;
	}
	if (!gp_json_is_array(pages))
		return GP_INVALID;
	for (const struct cJSON *p = gp_json_first(pages); p; p = gp_json_next(p)) {
		const struct cJSON *v = gp_json_first(gp_json_get(p, "items"));

		for (; v; v = gp_json_next(v))
			note_time(f, gp_json_str(gp_json_get(v, "catalogEntry"), "published"));
	}
	gp_buf_str(&f->next, "/query?prerelease=true&take=1&q=packageid:");
	put_coded(&f->next, name, "");
	return 0;
}

static int hex_read(struct gp_registry_facts *f, struct cJSON *j, const char *name GP_UNUSED,
                    int step GP_UNUSED)
{
	note_time(f, gp_json_str(j, "inserted_at"));
	note_downloads(f, gp_json_get(j, "downloads"), "all");
	return gp_json_str(j, "name") ? 0 : GP_INVALID;
}

static void put_module(struct gp_buf *out, const char *name)
{
	gp_auto(gp_buf) lower = {0};

	for (const char *p = name; *p; p++) {
		if (isupper((unsigned char)*p))
			gp_buf_chr(&lower, '!');
		gp_buf_chr(&lower, (char)tolower((unsigned char)*p));
	}
	gp_buf_chr(out, '/');
	put_coded(out, gp_buf_text(&lower), "/!");
}

static void go_path(struct gp_buf *out, const char *name)
{
	put_module(out, name);
	gp_buf_str(out, "/@v/list");
}

/* The lowest of the versions, which are a line each, and in no order. */
static int go_list(struct gp_registry_facts *f, struct gp_slice body, const char *name)
{
	gp_auto_str char *lowest = NULL;
	struct gp_slice line;

	while (gp_line(&line, &body)) {
		gp_auto_str char *one = NULL;

		line = gp_trim(line);
		if (!line.n)
			continue;
		if (line.p[0] != 'v' || line.n > 100)
			return GP_INVALID;
		one = gp_strndup(line.p, line.n);
		if (lowest && strverscmp(one, lowest) >= 0)
			continue;
		gp_free(lowest);
		lowest = one;
		one = NULL;
	}
	if (!lowest)
		return 0;
	put_module(&f->next, name);
	gp_buf_str(&f->next, "/@v/");
	put_coded(&f->next, lowest, "+");
	gp_buf_str(&f->next, ".info");
	return 0;
}

static void maven_path(struct gp_buf *out, const char *name)
{
	gp_auto_str char *slashed = gp_strdup(name);

	for (char *p = slashed; *p && *p != ':'; p++)
		*p = *p == '.' ? '/' : *p;
	if (strchr(slashed, ':'))
		*strchr(slashed, ':') = '/';
	gp_buf_chr(out, '/');
	put_coded(out, slashed, "/");
	gp_buf_str(out, "/maven-metadata.xml");
}

/* Of several versions only the last one's day is said: when that is long ago, so is the first. */
static int maven_read(struct gp_registry_facts *f, struct gp_slice body)
{
	const char *updated = gp_find(body, "<lastUpdated>");
	char day[16] = "";

	if (!gp_find(body, "<metadata"))
		return GP_INVALID;
	if (updated && (size_t)(body.p + body.n - updated) > strlen("<lastUpdated>") + 14)
		memcpy(day, updated + strlen("<lastUpdated>"), 14);
	note_time(f, day);
	return 0;
}

static int read_json(struct gp_registry_facts *f, struct gp_slice body, const char *name, int step,
                     int (*read)(struct gp_registry_facts *, struct cJSON *, const char *, int))
{
	gp_auto_json struct cJSON *j = NULL;

	return gp_json_parse(&j, body) ? GP_INVALID : read(f, j, name, step);
}

#define JSON_READER(x)                                                                             \
	static int x##_answer(struct gp_registry_facts *f, struct gp_slice body, const char *name, \
	                      int step)                                                            \
	{                                                                                          \
		return read_json(f, body, name, step, x##_read);                                   \
	}

JSON_READER(npm)
JSON_READER(pypi)
JSON_READER(crates)
JSON_READER(gems)
JSON_READER(packagist)
JSON_READER(nuget)
JSON_READER(hex)

static int go_answer(struct gp_registry_facts *f, struct gp_slice body, const char *name, int step)
{
	gp_auto_json struct cJSON *j = NULL;

	if (step == 0)
		return go_list(f, body, name);
	if (gp_json_parse(&j, body))
		return GP_INVALID;
	note_time(f, gp_json_str(j, "Time"));
	return 0;
}

static int maven_answer(struct gp_registry_facts *f, struct gp_slice body,
                        const char *name GP_UNUSED, int step GP_UNUSED)
{
	return maven_read(f, body);
}

static const struct gp_registry registries[] = {
	{NPM,
         "in a week",
         {{"npm", "https://registry.npmjs.org"},
          {"npm-downloads", "https://api.npmjs.org/downloads/point/last-week"}},
         npm_path,
         npm_answer},
	{PYPI,
         "in a week",
         {{"pypi", "https://pypi.org/pypi"},
          {"pypi-downloads", "https://pypistats.org/api/packages"}},
         pypi_path,
         pypi_answer},
	{CARGO,
         "ever",
         {{"crates", "https://crates.io/api/v1/crates"}, {NULL, NULL}},
         plain_path,
         crates_answer},
	{GO,
         NULL,
         {{"go", "https://proxy.golang.org"}, {"go", "https://proxy.golang.org"}},
         go_path,
         go_answer},
	{MAVEN,
         NULL,
         {{"maven", "https://repo1.maven.org/maven2"}, {NULL, NULL}},
         maven_path,
         maven_answer},
	{GEMS,
         "ever",
         {{"rubygems", "https://rubygems.org/api/v1"}, {NULL, NULL}},
         gems_path,
         gems_answer},
	{COMPOSER,
         "in a month",
         {{"packagist", "https://packagist.org/packages"}, {NULL, NULL}},
         packagist_path,
         packagist_answer},
	{NUGET,
         "ever",
         {{"nuget", "https://api.nuget.org/v3/registration5-semver1"},
          {"nuget-search", "https://azuresearch-usnc.nuget.org"}},
         nuget_path,
         nuget_answer},
	{HEX,
         "ever",
         {{"hex", "https://hex.pm/api/packages"}, {NULL, NULL}},
         plain_path,
         hex_answer},
};

const struct gp_registry *gp_registry_of(const char *ecosystem)
{
	for (size_t i = 0; i < GP_COUNT(registries); i++)
		if (strcmp(registries[i].ecosystem, ecosystem) == 0)
			return &registries[i];
	return NULL;
}

const char *gp_registry_base(const char *key)
{
	for (size_t i = 0; i < GP_COUNT(registries); i++)
		for (size_t k = 0; k < GP_COUNT(registries[i].at); k++)
			if (registries[i].at[k].key && strcmp(registries[i].at[k].key, key) == 0)
				return registries[i].at[k].base;
	return strcmp(key, "osv") == 0 ? "https://api.osv.dev/v1" : NULL;
}

int gp_registry_read(struct gp_registry_facts *out, const struct gp_registry *r, const char *name,
                     int status, struct gp_slice body, int step)
{
	gp_buf_cut(&out->next, 0);
	if (step == 0)
		out->first_s = out->downloads = -1;
	out->absent = step == 0 && (status == 404 || status == 410);
	/* who counts downloads knows nothing of new names */
	if (status == 404 || status == 410)
		return 0;
	if (status != 200)
		return gp_fail(GP_INVALID, "it answers %d", status);
	if (r->read(out, body, name, step) == 0)
		return 0;
	return gp_fail(GP_INVALID, "its answer cannot be read");
}

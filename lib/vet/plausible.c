#include "lib/vet/plausible.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

/* Base64 around a token beyond this is no part of a name or a path. */
#define BLOB_MIN 128

/* In no real credential but by a chance of less than one in ten thousand. */
static const char *const stand_ins[] = {
	"example",   "placeholder", "changeme",  "change-me", "change_me", "dummy",
	"sample",    "redacted",    "xxxx",      "****",      "...",       "your-",
	"your_",     "yourkey",     "yourtoken", "replace",   "insert",    "notareal",
	"not-a-rea", "not_a_rea",   "deadbeef",  "testtest",  "foobar",    "f4k3",
	"fake-",     "fake_",       "_fake",     "-fake",     "secret_he", "secrethere",
};
/* In what people write where a password would stand. */
static const char *const words[] = {
	"password",  "passwd",  "secret",    "insert",   "masked",    "fake",     "test",
	"token",     "none",    "null",      "default",  "localhost", "user",     "admin",
	"hunter2",   "letmein", "undefined", "unknown",  "required",  "optional", "invalid",
	"my-",       "my_",     "some-",     "some_",    "todo",      "hidden",   "encrypted",
	"process.",  "config",  "getenv",    "environ",  "params.",   "options.", "settings.",
	"this.",     "self.",   "request.",  "response", "argv",      "vault:",   "ssm:",
	"arn:aws",   "op://",   "abc123",    "qwerty",   "string",    "value",    "guest",
	"anonymous",
};
/* Ends of names whose values only speak about a secret. */
static const char *const about[] = {
	"name",    "id",         "url",         "uri",         "path",     "file",
	"type",    "field",      "label",       "header",      "prefix",   "suffix",
	"regex",   "pattern",    "length",      "size",        "count",    "ttl",
	"expiry",  "expires",    "version",     "arn",         "class",    "selector",
	"hint",    "error",      "message",     "status",      "endpoint", "host",
	"format",  "algorithm",  "method",      "issuer",      "scope",    "hash",
	"digest",  "policy",     "provider",    "store",       "kind",     "ref",
	"env",     "var",        "title",       "at",          "date",     "time",
	"timeout", "manager",    "service",     "address",     "limit",    "budget",
	"plural",  "text",       "description", "placeholder", "checksum", "fingerprint",
	"public",  "public_key", "publickey",   "example",     "input",    "column",
	"param",   "parameter",  "attribute",
};
static const char *const digests[] = {
	"sha1",     "sha2",        "sha3",      "sha5", "md5",      "hash",
	"digest",   "checksum",    "integrity", "etag", "blob",     "commit",
	"revision", "fingerprint", "public",    "crc",  "gitleaks", "nonce",
};

static bool has(struct gp_slice s, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= s.n; i++)
		if (strncasecmp(s.p + i, word, n) == 0)
			return true;
	return false;
}

static bool has_any(struct gp_slice s, const char *const *word, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (has(s, word[i]))
			return true;
	return false;
}

static double entropy(struct gp_slice s)
{
	size_t count[256] = {0};
	double bits = 0;

	for (size_t i = 0; i < s.n; i++)
		count[(unsigned char)s.p[i]]++;
	for (size_t i = 0; i < 256; i++)
		if (count[i])
			bits -= (double)count[i] / (double)s.n *
			        log2((double)count[i] / (double)s.n);
	return bits;
}

/* abcdefgh, 12345678, 87654321, or a character eight times. Prefixes may have such by nature, so
 * the first third does not count. */
static bool monotonous(struct gp_slice s)
{
	int up = 1, down = 1, same = 1;

	for (size_t i = s.n / 3 + 1; i < s.n; i++) {
		int step = tolower((unsigned char)s.p[i]) - tolower((unsigned char)s.p[i - 1]);

		up = step == 1 ? up + 1 : 1;
		down = step == -1 ? down + 1 : 1;
		same = step == 0 ? same + 1 : 1;
		if (up >= 8 || down >= 8 || same >= 8)
			return true;
	}
	return false;
}

static bool is_uuid(struct gp_slice s)
{
	if (s.n != 36)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((i == 8 || i == 13 || i == 18 || i == 23) ? s.p[i] != '-'
		                                              : !isxdigit((unsigned char)s.p[i]))
			return false;
	return true;
}

static bool is_hex(struct gp_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isxdigit((unsigned char)s.p[i]))
			return false;
	return true;
}

/* What a template, a shell or a program would put a value into, or take one from. */
static bool is_code(struct gp_slice s)
{
	static const char *const marks[] = {"${", "{{",  "}}", "%(", "#{",  "$(", "<%",
	                                    "()", "://", "->", "::", "[\"", "['"};

	if (s.p[0] == '<' || s.p[0] == '{' || (s.p[0] == '%' && s.p[s.n - 1] == '%'))
		return true;
	if (s.n > 1 && s.p[0] == '$' && !memchr(s.p + 1, '$', s.n - 1) &&
	    (isalpha((unsigned char)s.p[1]) || strchr("_{(", s.p[1])))
		return true;
	if (strchr("/.~", s.p[0]) && memchr(s.p + 1, '/', s.n - 1))
		return true;
	return has_any(s, marks, GP_COUNT(marks));
}

/* Words and small numbers between separators: names, messages, versions, dotted paths. */
static bool is_words(struct gp_slice s)
{
	size_t letters = 0, digits = 0, parts = 0;

	for (size_t i = 0; i <= s.n; i++) {
		bool end = i == s.n || strchr("-_./:,+ ", s.p[i]);

		if (!end && isdigit((unsigned char)s.p[i]))
			digits++;
		else if (!end && (islower((unsigned char)s.p[i]) ||
		                  (isupper((unsigned char)s.p[i]) && letters == 0)))
			letters++;
		else if (!end)
			return false;
		if (!end)
			continue;
		if (digits > 2 || (letters > 0 && letters + digits < 2 && parts == 0))
			return false;
		parts++;
		letters = digits = 0;
	}
	return parts > 1;
}

/* One language's word or CamelCase: nothing but letters. */
static bool is_letters(struct gp_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isalpha((unsigned char)s.p[i]))
			return false;
	return true;
}

static bool varied(struct gp_slice s)
{
	bool letter = false, digit = false, mark = false;

	for (size_t i = 0; i < s.n; i++) {
		letter |= isalpha((unsigned char)s.p[i]) != 0;
		digit |= isdigit((unsigned char)s.p[i]) != 0;
		mark |= s.p[i] && strchr("!@#$%^&*?+=|~", s.p[i]);
	}
	return (letter && digit) || (letter && mark && s.n >= 8);
}

/* The name before the secret, without quotes and signs. */
static struct gp_slice name_before(struct gp_slice line, size_t at)
{
	size_t from;

	while (at > 0 && strchr(" \t\"'`])=:>,(@fbr", line.p[at - 1]) &&
	       !(strchr("fbr", line.p[at - 1]) && (at < 2 || !strchr(" =:,(", line.p[at - 2]))))
		at--;
	from = at;
	while (from > 0 &&
	       (isalnum((unsigned char)line.p[from - 1]) || strchr("_-", line.p[from - 1])))
		from--;
	return (struct gp_slice){line.p + from, at - from};
}

static bool only_about(struct gp_slice name)
{
	for (size_t i = 0; i < GP_COUNT(about); i++) {
		size_t n = strlen(about[i]);

		if (name.n > n && strncasecmp(name.p + name.n - n, about[i], n) == 0 &&
		    (n > 2 || strchr("_-", name.p[name.n - n - 1]) ||
		     isupper((unsigned char)name.p[name.n - n])))
			return true;
	}
	return has(name, "public") || has(name, "tokeniz") ||
	       (name.n > 1 && tolower((unsigned char)name.p[name.n - 1]) == 's' &&
	        tolower((unsigned char)name.p[name.n - 2]) != 's');
}

/* A date, a time, a version, a range: digits and what stands between them. */
static bool is_numbers(struct gp_slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isdigit((unsigned char)s.p[i]) && !strchr("TZ:.+-_/", s.p[i]))
			return false;
	return true;
}

/* Part of a far longer run of base64: a picture, a font, a map. */
static bool in_blob(struct gp_slice line, size_t from, size_t n)
{
	size_t a = from, b = from + n;

	while (a > 0 && from - a < BLOB_MIN &&
	       (isalnum((unsigned char)line.p[a - 1]) || strchr("+/", line.p[a - 1])))
		a--;
	while (b < line.n && b - from - n < BLOB_MIN &&
	       (isalnum((unsigned char)line.p[b]) || strchr("+/", line.p[b])))
		b++;
	return from - a + b - from - n >= BLOB_MIN;
}

/* For rules whose shape is little more than "some characters". */
static bool vaguely_plausible(const struct gp_rule *r, struct gp_slice line, size_t from,
                              struct gp_slice s)
{
	struct gp_slice name = name_before(line, from);

	if (is_code(s) || has_any(s, words, GP_COUNT(words)))
		return false;
	if (gp_starts(r->id, "secret-")) {
		if (only_about(name) || is_numbers(s) || is_uuid(s) || is_words(s) ||
		    is_letters(s) || !varied(s))
			return false;
		if (is_hex(s) && has_any(line, digests, GP_COUNT(digests)))
			return false;
	}
	if (name.n && name.p > line.p + 1 && name.p[-1] == ':' && name.p[-2] == ':')
		return false;
	return name.n != s.n || strncasecmp(name.p, s.p, s.n) != 0;
}

bool gp_secret_plausible(const struct gp_rule *r, struct gp_slice line, size_t from, size_t n)
{
	struct gp_slice s = {line.p + from, n};

	if (n == 0 || (r->allow && has(s, r->allow)) || has_any(s, stand_ins, GP_COUNT(stand_ins)))
		return false;
	if (r->bits > 0 && (entropy(s) < r->bits || monotonous(s)))
		return false;
	if (!r->words && !r->surrounded && in_blob(line, from, n))
		return false;
	return !r->quiet_in_tests || (!r->surrounded && !r->words) ||
	       vaguely_plausible(r, line, from, s);
}

bool gp_path_of_tests(const char *path)
{
	static const char *const folders[] = {
		"test",     "tests",     "spec",     "specs",    "__tests__",
		"testdata", "test-data", "fixtures", "fixture",  "__fixtures__",
		"mocks",    "__mocks__", "example",  "examples", "doc",
		"docs",     "samples",   "testing",  "e2e",      "t",
	};
	static const char *const parts[] = {
		"_test.",         ".test.",    ".spec.",    "_spec.", "test_",
		".example",       ".sample",   ".template", ".dist",  "package-lock.json",
		"npm-shrinkwrap", "pnpm-lock", "yarn.lock", ".lock",  "go.sum",
		".lockb",         ".min.js",   ".map",
	};
	const char *name = strrchr(path, '/');

	for (const char *p = path; name && p < name; p = strchr(p, '/') + 1)
		for (size_t i = 0; i < GP_COUNT(folders); i++) {
			size_t n = strlen(folders[i]);

			if (strncasecmp(p, folders[i], n) == 0 && p[n] == '/')
				return true;
		}
	name = name ? name + 1 : path;
	return has_any(gp_slice(name), parts, GP_COUNT(parts));
}

#include "lib/context/context.h"

#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#define MARKER "[secret masked]"
#define KEY_BLOCK_MAX 16384
#define VALUE_MAX 512
#define NAME_MAX_BYTES 64

struct span {
	size_t from, to;
};

/* Tokens that say by their first letters what they are. */
static const struct token {
	const char *prefix, *also; /* letters and digits are always allowed; also: what else */
	size_t min, max;           /* characters after the prefix */
	bool mixed;                /* words could look like it: wants digits and letters */
} tokens[] = {
	{"AKIA", "", 16, 16, false},       {"ASIA", "", 16, 16, false},
	{"ghp_", "", 36, 255, false},      {"gho_", "", 36, 255, false},
	{"ghu_", "", 36, 255, false},      {"ghs_", "", 36, 255, false},
	{"ghr_", "", 36, 255, false},      {"github_pat_", "_", 22, 255, false},
	{"glpat-", "_-.", 20, 255, false}, {"sk-", "_-", 20, 255, true},
	{"sk_live_", "", 16, 255, false},  {"rk_live_", "", 16, 255, false},
	{"xoxa-", "-", 10, 255, true},     {"xoxb-", "-", 10, 255, true},
	{"xoxp-", "-", 10, 255, true},     {"xoxr-", "-", 10, 255, true},
	{"xoxs-", "-", 10, 255, true},     {"AIza", "_-", 35, 35, false},
	{"npm_", "", 36, 36, false},       {"pypi-", "_-", 50, 512, true},
	{"hf_", "", 30, 64, true},         {"dop_v1_", "", 64, 64, false},
	{"shpat_", "", 32, 32, false},     {"SG.", "_-.", 40, 128, true},
	{"ya29.", "_-", 40, 512, true},
};

/* Parts of names whose values are secrets, and of values that only stand for one. */
static const char *const secret_names[] = {
	"password",   "passwd",      "passphrase", "secret",     "token",         "api_key",
	"apikey",     "api-key",     "access_key", "accesskey",  "access-key",    "private_key",
	"privatekey", "private-key", "auth_key",   "credential", "client_secret", "pwd",
};
static const char *const stand_ins[] = {
	"example", "placeholder", "changeme", "change_me", "change-me", "your",   "dummy",
	"fake",    "sample",      "test",     "xxxx",      "****",      "....",   "password",
	"passwd",  "secret",      "insert",   "redacted",  "masked",    "foobar", "abcdef",
	"123456",  "none",        "null",     "undefined", "true",      "false",  "token",
	"default", "localhost",   "user",     "admin",
};

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static bool contains_any(struct gp_slice s, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(words[i]);

		for (size_t at = 0; at + len <= s.n; at++)
			if (strncasecmp(s.p + at, words[i], len) == 0)
				return true;
	}
	return false;
}

static double bits_per_char(struct gp_slice s)
{
	size_t count[256] = {0};
	double bits = 0;

	for (size_t i = 0; i < s.n; i++)
		count[(unsigned char)s.p[i]]++;
	for (size_t i = 0; i < 256; i++)
		if (count[i])
			bits -= (double)count[i] * log2((double)count[i] / (double)s.n);
	return s.n ? bits / (double)s.n : 0;
}

static bool has_digits_and_letters(struct gp_slice s)
{
	bool digit = false, letter = false;

	for (size_t i = 0; i < s.n; i++) {
		digit |= isdigit((unsigned char)s.p[i]) != 0;
		letter |= isalpha((unsigned char)s.p[i]) != 0;
	}
	return digit && letter;
}

/* The characters after a prefix; 0 when they are too few or too many to be its token. */
static size_t token_tail(struct gp_slice s, const struct token *t)
{
	size_t n = 0;

	while (n < s.n && (isalnum((unsigned char)s.p[n]) || (s.p[n] && strchr(t->also, s.p[n]))))
		if (++n > t->max)
			return 0;
	if (n < t->min || (t->mixed && (!has_digits_and_letters((struct gp_slice){s.p, n}) ||
	                                bits_per_char((struct gp_slice){s.p, n}) < 3.2)))
		return 0;
	return n;
}

static bool known_token(struct span *out, struct gp_slice text, size_t at)
{
	if (at > 0 && word_char(text.p[at - 1]))
		return false;
	for (size_t i = 0; i < GP_COUNT(tokens); i++) {
		size_t len = strlen(tokens[i].prefix), tail;

		if (text.n - at <= len || memcmp(text.p + at, tokens[i].prefix, len) != 0)
			continue;
		tail = token_tail((struct gp_slice){text.p + at + len, text.n - at - len},
		                  &tokens[i]);
		*out = (struct span){at, at + len + tail};
		if (tail)
			return true;
	}
	return false;
}

static size_t base64url_run(struct gp_slice text, size_t at)
{
	size_t n = 0;

	while (at + n < text.n && n < 4096 && word_char(text.p[at + n]))
		n++;
	return n;
}

static bool json_web_token(struct span *out, struct gp_slice text, size_t at)
{
	size_t i = at;

	if (text.n - at < 40 || memcmp(text.p + at, "eyJ", 3) != 0 ||
	    (at > 0 && word_char(text.p[at - 1])))
		return false;
	for (int part = 0; part < 3; part++) {
		size_t n = base64url_run(text, i);

		if (n < 10 || (part == 1 && memcmp(text.p + i, "eyJ", 3) != 0))
			return false;
		i += n;
		if (part < 2 && (i >= text.n || text.p[i++] != '.'))
			return false;
	}
	*out = (struct span){at, i};
	return true;
}

/* What stands between the BEGIN and END lines of a private key, also within a string literal. */
static bool key_block(struct span *out, struct gp_slice text, size_t at)
{
	struct gp_slice line = {text.p + at, text.n - at < 80 ? text.n - at : 80};
	const char *head_end, *end;
	size_t letters = 0;

	if (line.n < 30 || memcmp(line.p, "-----BEGIN ", 11) != 0 || !gp_find(line, "PRIVATE KEY"))
		return false;
	line.p += 11;
	line.n -= 11;
	head_end = gp_find(line, "-----");
	if (!head_end)
		return false;
	out->from = (size_t)(head_end - text.p) + 5;
	line = (struct gp_slice){text.p + out->from, text.n - out->from};
	if (line.n > KEY_BLOCK_MAX)
		line.n = KEY_BLOCK_MAX;
	end = gp_find(line, "-----END ");
	out->to = end ? (size_t)(end - text.p) : out->from + line.n;
	/* an unfinished block: as far as it can be part of a key */
	for (size_t i = out->from; !end && i < out->to; i++)
		if (!isalnum((unsigned char)text.p[i]) && !strchr("+/=\r\n\\ \t\"'", text.p[i]))
			out->to = i;
	for (size_t i = out->from; i < out->to; i++)
		letters += isalnum((unsigned char)text.p[i]) != 0;
	return letters >= 32;
}

static bool stands_in(struct gp_slice value)
{
	return contains_any(value, stand_ins, GP_COUNT(stand_ins)) ||
	       memchr(value.p, '<', value.n) || memchr(value.p, '{', value.n) ||
	       memchr(value.p, '$', value.n) || memchr(value.p, '%', value.n);
}

/* scheme://user:password@host, at the colon after the scheme. */
static bool url_password(struct span *out, struct gp_slice text, size_t at)
{
	size_t user = at + 3, i, colon = 0;
	struct gp_slice name, value;

	if (text.n - at < 8 || memcmp(text.p + at, "://", 3) != 0)
		return false;
	for (i = user; i < text.n && i - user < 256 && text.p[i] != '@'; i++) {
		if (text.p[i] == ':' && !colon)
			colon = i;
		if (isspace((unsigned char)text.p[i]) || strchr("/?#\"'`<>", text.p[i]))
			return false;
	}
	if (!colon || i >= text.n || text.p[i] != '@' || i - colon < 4)
		return false;
	name = (struct gp_slice){text.p + user, colon - user};
	value = (struct gp_slice){text.p + colon + 1, i - colon - 1};
	*out = (struct span){colon + 1, i};
	/* user:user and user:pass are what examples write */
	return !stands_in(value) && !gp_slice_eq(name, value) && !gp_slice_is(value, "pass");
}

/* The name before an assignment's sign: letters, digits, _ - and a dot, maybe quoted. */
static struct gp_slice name_before(struct gp_slice text, size_t at)
{
	size_t end = at, from;

	while (end > 0 && at - end < 16 && strchr(" \t\"'`]:", text.p[end - 1]))
		end--;
	from = end;
	while (from > 0 && end - from < NAME_MAX_BYTES && word_char(text.p[from - 1]))
		from--;
	return (struct gp_slice){text.p + from, end - from};
}

/* A quoted value, else one that runs to the end of its line as in an env file. */
static bool value_after(struct span *out, bool *quoted, struct gp_slice text, size_t at)
{
	size_t i = at;
	char quote = 0;

	while (i < text.n && i - at < 16 && strchr(" \t=>", text.p[i]))
		i++;
	if (i < text.n && strchr("\"'`", text.p[i]))
		quote = text.p[i++];
	out->from = i;
	while (i < text.n && i - out->from < VALUE_MAX && (unsigned char)text.p[i] > ' ' &&
	       (quote ? text.p[i] != quote : !strchr("\"'`(),;", text.p[i])))
		i++;
	out->to = i;
	*quoted = quote != 0;
	if (quote)
		return i < text.n && text.p[i] == quote;
	return i == text.n || text.p[i] == '\n' || text.p[i] == '\r';
}

static bool assigned(struct span *out, struct gp_slice text, size_t at)
{
	struct gp_slice name = name_before(text, at), value;
	bool quoted;

	if (name.n < 3 || !contains_any(name, secret_names, GP_COUNT(secret_names)) ||
	    !value_after(out, &quoted, text, at + 1))
		return false;
	value = (struct gp_slice){text.p + out->from, out->to - out->from};
	/* code after the sign (`token = self.next()`), paths and words are no secrets */
	if (value.n < 8 || stands_in(value) || (!quoted && memchr(value.p, '.', value.n)) ||
	    memchr(value.p, '/', value.n) == value.p)
		return false;
	return bits_per_char(value) >= (quoted ? 2.8 : 3.0) && has_digits_and_letters(value);
}

static bool secret_at(struct span *out, struct gp_slice text, size_t at)
{
	switch (text.p[at]) {
	case '-':
		return key_block(out, text, at);
	case ':':
		return url_password(out, text, at) || assigned(out, text, at);
	case '=':
		return assigned(out, text, at);
	case 'e':
		return json_web_token(out, text, at);
	case 'A':
	case 'S':
	case 'd':
	case 'g':
	case 'h':
	case 'n':
	case 'p':
	case 'r':
	case 's':
	case 'x':
	case 'y':
		return known_token(out, text, at);
	default:
		return false;
	}
}

/* Line ends stay, so that line numbers do. */
static void put_marker(struct gp_buf *out, struct gp_slice secret)
{
	gp_buf_str(out, MARKER);
	for (size_t i = 0; i < secret.n; i++)
		if (secret.p[i] == '\n')
			gp_buf_chr(out, '\n');
}

size_t gp_context_mask(struct gp_buf *out, struct gp_slice text)
{
	size_t done = 0, n = 0;
	struct span s;

	for (size_t i = 0; i < text.n; i++) {
		if (!secret_at(&s, text, i) || s.from < done)
			continue;
		gp_buf_add(out, text.p + done, s.from - done);
		put_marker(out, (struct gp_slice){text.p + s.from, s.to - s.from});
		done = s.to;
		i = s.to > i ? s.to - 1 : i;
		n++;
	}
	gp_buf_add(out, text.p + done, text.n - done);
	return n;
}

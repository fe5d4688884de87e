#include "tests/fake/replay/script.h"

#include <ctype.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/file.h"

static const char *script_name = "script";

void script_die(int line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "replay: %s:%d: ", script_name, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

static struct step *add_step(struct block *b, enum step_kind kind)
{
	b->step = gp_realloc(b->step, (b->nsteps + 1) * sizeof(*b->step));
	b->step[b->nsteps] = (struct step){.kind = kind};
	return &b->step[b->nsteps++];
}

void block_write(struct block *b, struct gp_slice bytes)
{
	struct step *last = b->nsteps ? &b->step[b->nsteps - 1] : NULL;

	if (!last || last->kind != STEP_WRITE)
		last = add_step(b, STEP_WRITE);
	gp_buf_slice(&last->bytes, bytes);
}

void block_step(struct block *b, enum step_kind kind, long ms)
{
	add_step(b, kind)->ms = ms;
}

/* A place to keep decoded arguments; a script is read once and kept to the end. */
static struct gp_slice keep(struct gp_slice s)
{
	static struct gp_list kept;

	gp_list_addn(&kept, s.p, s.n);
	return (struct gp_slice){kept.v[kept.n - 1], s.n};
}

static char escape(struct gp_slice s, size_t *i, int line)
{
	static const char from[] = "nrt0\"\\", to[] = "\n\r\t\0\"\\";
	char hex[3] = {0};
	const char *at;

	if (*i >= s.n)
		script_die(line, "a backslash at the end");
	if (s.p[*i] == 'x' && *i + 2 < s.n) {
		memcpy(hex, s.p + *i + 1, 2);
		*i += 3;
		return (char)strtol(hex, NULL, 16);
	}
	at = strchr(from, s.p[*i]);
	if (!at || !*at)
		script_die(line, "unknown escape '\\%c'", s.p[*i]);
	(*i)++;
	return to[at - from];
}

static size_t quoted(struct gp_slice *out, struct gp_slice s, int line)
{
	gp_auto(gp_buf) b = {0};
	size_t i = 1;

	while (i < s.n && s.p[i] != '"') {
		char c = s.p[i++];

		gp_buf_chr(&b, c == '\\' ? escape(s, &i, line) : c);
	}
	if (i >= s.n)
		script_die(line, "a quote is not closed");
	*out = keep(gp_buf_all(&b));
	return i + 1;
}

static struct gp_slice heredoc(struct gp_slice mark, struct gp_slice *rest, int *line)
{
	gp_auto(gp_buf) b = {0};
	struct gp_slice l;
	int began = *line;

	while (gp_line(&l, rest)) {
		++*line;
		if (gp_slice_eq(l, mark))
			return keep(gp_buf_all(&b));
		gp_buf_slice(&b, l);
		gp_buf_chr(&b, '\n');
	}
	script_die(began, "'<<%.*s' has no end", (int)mark.n, mark.p);
}

static struct gp_slice file(const struct script *s, struct gp_slice name, int line)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) bytes = {0};

	gp_buf_fmt(&path, "%s/%.*s", s->folder, (int)name.n, name.p);
	if (gp_file_read(&bytes, AT_FDCWD, path.p, (size_t)16 << 20, false))
		script_die(line, "%s", gp_message());
	return keep(gp_buf_all(&bytes));
}

static bool is_option(struct gp_slice word)
{
	static const char *const names[] = {
		"only-done", "no-done", "silent",   "no-status", "no-output",
		"no-usage",  "status=", "id=",      "index=",    "in=",
		"out=",      "cached=", "written=", "reasoning="};

	for (size_t i = 0; i < GP_COUNT(names); i++) {
		size_t n = strlen(names[i]);

		if (word.n >= n && memcmp(word.p, names[i], n) == 0 &&
		    (word.n == n || gp_ends(names[i], "=")))
			return true;
	}
	return false;
}

/* One line into words; a heredoc takes the lines below it. */
static void split(struct args *a, const struct script *s, struct gp_slice l, struct gp_slice *rest,
                  int *line)
{
	size_t i;

	a->n = a->noptions = 0;
	a->line = *line;
	for (l = gp_trim(l); l.n && a->n < ARGS_MAX; l = gp_trim(l)) {
		struct gp_slice *word = &a->v[a->n++];

		if (*l.p == '"') {
			i = quoted(word, l, a->line);
		} else if (*l.p == '{' || *l.p == '[') {
			*word = l;
			i = l.n;
		} else {
			for (i = 0; i < l.n && !isspace((unsigned char)l.p[i]); i++)
				;
			*word = (struct gp_slice){l.p, i};
			if (i > 2 && gp_starts(l.p, "<<"))
				*word = heredoc((struct gp_slice){l.p + 2, i - 2}, rest, line);
			else if (i > 1 && *l.p == '@')
				*word = file(s, (struct gp_slice){l.p + 1, i - 1}, a->line);
			else if (a->n > 1 && is_option(*word)) {
				a->option[a->noptions++] = *word;
				a->n--;
			}
		}
		l.p += i;
		l.n -= i;
	}
}

static long number(const struct args *a, size_t i)
{
	gp_auto(gp_buf) text = {0};
	char *end;
	long n;

	if (i >= a->n)
		script_die(a->line, "'%.*s' wants a number", (int)a->v[0].n, a->v[0].p);
	gp_buf_slice(&text, a->v[i]);
	n = strtol(gp_buf_text(&text), &end, 10);
	if (*end || text.n == 0 || n < 0)
		script_die(a->line, "'%s' is no number", gp_buf_text(&text));
	return n;
}

static struct gp_slice want(const struct args *a, size_t i)
{
	if (i >= a->n)
		script_die(a->line, "'%.*s' wants more", (int)a->v[0].n, a->v[0].p);
	return a->v[i];
}

static void add_expectation(struct block *b, const struct args *a)
{
	struct expectation *e;

	want(a, 1);
	b->expect = gp_realloc(b->expect, (b->nexpect + 1) * sizeof(*b->expect));
	e = &b->expect[b->nexpect++];
	*e = (struct expectation){.line = a->line};
	for (size_t i = 1; i < a->n; i++)
		gp_list_addn(&e->words, a->v[i].p, a->v[i].n);
}

static void add_header(struct block *b, const struct args *a)
{
	struct gp_slice name = want(a, 1);

	gp_buf_slice(&b->headers, name);
	for (size_t i = 2; i < a->n; i++) {
		gp_buf_chr(&b->headers, ' ');
		gp_buf_slice(&b->headers, a->v[i]);
	}
	gp_buf_str(&b->headers, "\r\n");
	if (name.n >= 13 && strncasecmp(name.p, "content-type:", 13) == 0)
		b->typed = true;
}

/* How an answer travels: words without arguments, and the sizes. */
static bool manner_command(struct block *b, const struct args *a)
{
	struct manner *m = &b->manner;

	if (gp_slice_is(a->v[0], "split"))
		m->split = (size_t)number(a, 1);
	else if (gp_slice_is(a->v[0], "pieces"))
		m->pieces = (size_t)number(a, 1);
	else if (gp_slice_is(a->v[0], "every"))
		m->every_ms = number(a, 1);
	else if (gp_slice_is(a->v[0], "cut-after"))
		b->cut_after = (size_t)number(a, 1);
	else if (gp_slice_is(a->v[0], "crlf"))
		m->crlf = true;
	else if (gp_slice_is(a->v[0], "no-event-lines"))
		m->event_lines = false;
	else if (gp_slice_is(a->v[0], "until-close"))
		m->chunked = m->length = !(m->close = true);
	else if (gp_slice_is(a->v[0], "length"))
		m->chunked = !(m->length = true);
	else if (gp_slice_is(a->v[0], "bare"))
		m->bare = m->close = true;
	else if (gp_slice_is(a->v[0], "connection-close"))
		m->close = true;
	else
		return false;
	return true;
}

static void add_frame(struct block *b, long stream, struct gp_slice text)
{
	char head[8] = {
		(char)stream,        0,           0, 0, (char)(text.n >> 24), (char)(text.n >> 16),
		(char)(text.n >> 8), (char)text.n};

	block_write(b, (struct gp_slice){head, sizeof(head)});
	block_write(b, text);
}

static bool step_command(struct block *b, const struct args *a)
{
	if (gp_slice_is(a->v[0], "delay"))
		block_step(b, STEP_WAIT, number(a, 1));
	else if (gp_slice_is(a->v[0], "hang"))
		block_step(b, STEP_HANG, 0);
	else if (gp_slice_is(a->v[0], "close"))
		block_step(b, STEP_CLOSE, 0);
	else if (gp_slice_is(a->v[0], "reset"))
		block_step(b, STEP_RESET, 0);
	else if (gp_slice_is(a->v[0], "raw") || gp_slice_is(a->v[0], "body"))
		block_write(b, want(a, 1));
	else if (gp_slice_is(a->v[0], "event"))
		event_raw(b, want(a, 1), want(a, 2));
	else if (gp_slice_is(a->v[0], "frame"))
		add_frame(b, number(a, 1), want(a, 2));
	else if (gp_slice_is(a->v[0], "echo")) {
		block_step(b, STEP_ECHO, 0);
		gp_buf_slice(&b->step[b->nsteps - 1].bytes, want(a, 1));
		gp_buf_text(&b->step[b->nsteps - 1].bytes);
	} else if (gp_slice_is(a->v[0], "garbage"))
		for (long i = 0, n = number(a, 1); i < n; i++) {
			/* the same every time */
			char c = (char)((i * 131 + 89) ^ (i >> 3));

			block_write(b, (struct gp_slice){&c, 1});
		}
	else
		return false;
	return true;
}

static void run(struct block *b, const struct args *a)
{
	if (gp_slice_is(a->v[0], "expect"))
		add_expectation(b, a);
	else if (gp_slice_is(a->v[0], "status"))
		b->status = (int)number(a, 1);
	else if (gp_slice_is(a->v[0], "header"))
		add_header(b, a);
	else if (!manner_command(b, a) && !step_command(b, a) && !event_command(b, a))
		script_die(a->line, "unknown command '%.*s'", (int)a->v[0].n, a->v[0].p);
}

static struct block *add_block(struct script *s, const struct args *a)
{
	struct block *b;

	s->v = gp_realloc(s->v, (s->n + 1) * sizeof(*s->v));
	b = &s->v[s->n++];
	*b = (struct block){.line = a->line,
	                    .times = 1,
	                    .status = s->all.status,
	                    .manner = s->all.manner,
	                    .cut_after = s->all.cut_after,
	                    .output = gp_json_array()};
	return b;
}

static struct block *add_request(struct script *s, const struct args *a)
{
	struct block *b = add_block(s, a);

	if (a->n > 1)
		b->times = gp_slice_is(a->v[1], "*") ? 0 : (int)number(a, 1);
	return b;
}

static struct block *add_route(struct script *s, const struct args *a)
{
	struct block *b = add_block(s, a);

	b->times = 0;
	b->left = a->n > 3 ? (int)number(a, 3) : -1;
	gp_buf_slice(&b->method, want(a, 1));
	gp_buf_slice(&b->pattern, want(a, 2));
	gp_buf_text(&b->pattern);
	return b;
}

static void set_paths(struct script *s, const char *path)
{
	const char *slash = strrchr(path, '/');

	script_name = s->path = gp_strdup(path);
	s->folder = slash ? gp_strndup(path, (size_t)(slash - path)) : gp_strdup(".");
}

int script_read(struct script *out, const char *path)
{
	gp_auto(gp_buf) text = {0};
	struct block *b = &out->all;
	struct gp_slice rest, l;
	struct args a;
	int line = 0;

	set_paths(out, path);
	out->all = (struct block){
		.status = 200,
		.cut_after = SIZE_MAX,
		.output = gp_json_array(),
		.manner = {.pieces = 64, .event_lines = true, .chunked = true},
	};
	if (gp_file_read(&text, AT_FDCWD, path, (size_t)16 << 20, false)) {
		fprintf(stderr, "replay: %s\n", gp_message());
		return 2;
	}
	for (rest = keep(gp_buf_all(&text)); gp_line(&l, &rest);) {
		line++;
		l = gp_trim(l);
		if (l.n == 0 || *l.p == '#')
			continue;
		split(&a, out, l, &rest, &line);
		if (gp_slice_is(a.v[0], "request"))
			b = add_request(out, &a);
		else if (gp_slice_is(a.v[0], "route"))
			b = add_route(out, &a);
		else
			run(b, &a);
	}
	out->lines = line;
	if (out->all.nsteps)
		script_die(1, "answers stand below a 'request' or 'route' line");
	return 0;
}

static bool routes(const struct block *b, const struct request *r)
{
	return b->left && gp_slice_is(gp_buf_all(&b->method), r->method.p) &&
	       fnmatch(b->pattern.p, r->path.p, 0) == 0;
}

struct block *script_numbered(const struct script *s, int n)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].pattern.n)
			continue;
		if (s->v[i].times == 0 || n <= s->v[i].times)
			return &s->v[i];
		n -= s->v[i].times;
	}
	return NULL;
}

struct block *script_block(struct script *s, const struct request *r)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].pattern.n && routes(&s->v[i], r)) {
			s->v[i].left -= s->v[i].left > 0;
			return &s->v[i];
		}
	return script_numbered(s, ++s->numbered);
}

int script_wants(const struct script *s)
{
	int n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->v[i].times;
	return n;
}

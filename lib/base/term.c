#include "lib/base/term.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/base/term_text.h"

#define DRAW_MS 100
#define NARROW 20  /* columns below which no live line is shown */
#define PIECE 4000 /* bytes of an unended line of a child that are held back */
#define ERASE "\r\033[K"
#define QUOTE "      "

struct phase {
	char *name;
	struct gp_buf text;
	long long begun;
};

struct gp_term {
	int out, err;
	bool quiet, verbose, json, colour;
	bool terminal, live; /* err is one; live lines are drawn on it */
	struct phase *v;     /* the one updated last stands last */
	size_t n, cap;
	long long drawn; /* when; 0: never */
	bool shown;      /* a live line stands on the terminal */
	struct gp_buf piece;
	int out_error;
};

int gp_term_new(struct gp_term **out, const struct gp_term_options *o)
{
	struct gp_term *t = gp_alloc(sizeof(*t));
	const char *plain = getenv("NO_COLOR"), *term = getenv("TERM");
	bool dumb = !term || !*term || strcmp(term, "dumb") == 0;

	t->out = o->out;
	t->err = o->err;
	t->quiet = o->quiet;
	t->verbose = o->verbose;
	t->json = o->json;
	t->terminal = isatty(o->err) == 1;
	t->live = t->terminal && !dumb && !o->quiet && !o->json;
	t->colour = o->colour < 0 ? t->terminal && !dumb && !(plain && *plain) : o->colour > 0;
	*out = t;
	return 0;
}

/* 0 or the errno; a reader that is slow is waited for, one that is gone is not. */
static int write_all(int fd, struct gp_slice s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);

		if (n < 0 && errno == EINTR && !gp_stopped())
			continue;
		if (n < 0 && errno == EAGAIN && !gp_stopped() &&
		    poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, 1000) >= 0)
			continue;
		if (n < 0)
			return errno;
		s.p += n;
		s.n -= (size_t)n;
	}
	return 0;
}

/* What cannot be shown on standard error has nowhere else to go. */
static void put_err(struct gp_term *t, const struct gp_buf *b)
{
	(void)write_all(t->err, gp_buf_all(b));
}

static size_t width_of(int fd)
{
	struct winsize size = {0};

	return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static size_t width(const struct gp_term *t)
{
	return width_of(t->err);
}

size_t gp_term_out_width(const struct gp_term *t)
{
	return isatty(t->out) ? width_of(t->out) : 0;
}

static void live_line(struct gp_buf *out, const struct gp_term *t, size_t columns)
{
	const struct phase *p = &t->v[t->n - 1];
	gp_auto(gp_buf) head = {0};
	gp_auto(gp_buf) tail = {0};
	size_t used;

	gp_buf_fmt(&head, "...   %-9s ", p->name);
	gp_buf_str(&tail, p->text.n ? "  " : "");
	gp_term_clock(&tail, gp_now_ms() - p->begun);
	if (t->n > 1)
		gp_buf_fmt(&tail, "  +%zu more", t->n - 1);
	used = gp_term_columns(gp_buf_all(&head)) + tail.n;
	gp_term_cut(&head, gp_buf_all(&p->text), used < columns ? columns - used : 0);
	gp_buf_slice(&head, gp_buf_all(&tail));
	gp_term_cut(out, gp_buf_all(&head), columns);
}

/* Redraws when that is due; the timer's next tick does it otherwise. */
static void draw(struct gp_term *t)
{
	gp_auto(gp_buf) out = {0};
	size_t columns;

	if (!t->live || t->n == 0 || (t->drawn && gp_now_ms() - t->drawn < DRAW_MS))
		return;
	columns = width(t);
	gp_buf_str(&out, t->shown ? ERASE : "");
	t->shown = columns >= NARROW;
	/* the last column stays free: terminals differ in what happens there */
	if (t->shown)
		live_line(&out, t, columns - 1);
	put_err(t, &out);
	t->drawn = gp_now_ms();
}

static void erase(struct gp_buf *out, struct gp_term *t)
{
	gp_buf_str(out, t->shown ? ERASE : "");
	t->shown = false;
}

static void put_out(struct gp_term *t, struct gp_slice s)
{
	gp_auto(gp_buf) before = {0};
	int e;

	erase(&before, t);
	put_err(t, &before);
	e = gp_edge("print") ? EIO : write_all(t->out, s);
	if (e && !t->out_error)
		t->out_error = e;
}

/* Puts out what a child wrote since its last LF. */
static void flush_piece(struct gp_buf *out, struct gp_term *t)
{
	if (t->piece.n == 0)
		return;
	gp_buf_str(out, QUOTE);
	gp_buf_visible(out, gp_buf_all(&t->piece));
	gp_buf_chr(out, '\n');
	gp_buf_cut(&t->piece, 0);
}

static void lines(struct gp_term *t, struct gp_slice text)
{
	gp_auto(gp_buf) out = {0};

	erase(&out, t);
	flush_piece(&out, t);
	gp_buf_slice(&out, text);
	put_err(t, &out);
	draw(t);
}

/* Columns that a permanent line may take: a pipe is not broken into lines. */
static size_t line_width(const struct gp_term *t)
{
	size_t columns = t->terminal ? width(t) : 0;

	return columns > NARROW ? columns - 1 : SIZE_MAX;
}

/* "<label><text>", every further line of the text labelled too. */
static void labelled(struct gp_term *t, const char *label, struct gp_slice text)
{
	gp_auto(gp_buf) out = {0};
	struct gp_slice line;

	while (gp_line(&line, &text)) {
		gp_buf_str(&out, label);
		gp_buf_visible(&out, line);
		gp_buf_chr(&out, '\n');
	}
	lines(t, gp_buf_all(&out));
}

/* The same for words of ours, which a terminal shows broken at blanks. */
static void labelled_words(struct gp_term *t, const char *label, struct gp_slice text)
{
	gp_auto(gp_buf) out = {0};
	size_t columns = line_width(t), at = strlen(label);
	struct gp_slice line;

	while (gp_line(&line, &text)) {
		gp_auto(gp_buf) seen = {0};
		size_t indent = 2;

		gp_buf_visible(&seen, line);
		while (at == 0 && indent - 2 < seen.n && seen.p[indent - 2] == ' ')
			indent++;
		gp_buf_str(&out, label);
		gp_term_wrap(&out, gp_buf_all(&seen), columns, at, indent);
		gp_buf_chr(&out, '\n');
	}
	lines(t, gp_buf_all(&out));
}

static void labelled_fmt(struct gp_term *t, const char *label, const char *fmt, va_list ap)
{
	gp_auto(gp_buf) text = {0};

	gp_buf_vfmt(&text, fmt, ap);
	labelled_words(t, label, gp_buf_all(&text));
}

void gp_term_free(struct gp_term **t)
{
	gp_auto(gp_buf) out = {0};

	if (!*t)
		return;
	erase(&out, *t);
	flush_piece(&out, *t);
	put_err(*t, &out);
	for (size_t i = 0; i < (*t)->n; i++) {
		gp_free((*t)->v[i].name);
		gp_buf_clear(&(*t)->v[i].text);
	}
	gp_free((*t)->v);
	gp_buf_clear(&(*t)->piece);
	gp_free(*t);
	*t = NULL;
}

/* Takes the phase out of the list, or makes it. */
static struct phase take(struct gp_term *t, const char *name, bool *known)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->v[i].name, name) == 0) {
			struct phase p = t->v[i];

			memmove(&t->v[i], &t->v[i + 1], (t->n - i - 1) * sizeof(p));
			t->n--;
			*known = true;
			return p;
		}
	*known = false;
	return (struct phase){.name = gp_strdup(name), .begun = gp_now_ms()};
}

static void set_text(struct phase *p, const char *fmt, va_list ap)
{
	gp_auto(gp_buf) text = {0};

	if (fmt)
		gp_buf_vfmt(&text, fmt, ap);
	gp_buf_cut(&p->text, 0);
	gp_term_one_line(&p->text, gp_buf_all(&text));
}

static void show(struct gp_term *t, const char *name, bool again, const char *fmt, va_list ap)
{
	bool known;
	struct phase p = take(t, name, &known);

	if (again)
		p.begun = gp_now_ms();
	set_text(&p, fmt, ap);
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 8;
		t->v = gp_realloc(t->v, t->cap * sizeof(*t->v));
	}
	t->v[t->n++] = p;
	draw(t);
}

void gp_term_begin(struct gp_term *t, const char *phase, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	show(t, phase, true, fmt, ap);
	va_end(ap);
}

void gp_term_update(struct gp_term *t, const char *phase, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	show(t, phase, false, fmt, ap);
	va_end(ap);
}

void gp_term_end(struct gp_term *t, const char *phase, enum gp_term_mark m, const char *fmt, ...)
{
	gp_auto(gp_buf) out = {0};
	bool known;
	struct phase p = take(t, phase, &known);
	va_list ap;

	va_start(ap, fmt);
	set_text(&p, fmt, ap);
	va_end(ap);
	gp_term_phase_line(&out, &(struct gp_term_line){
					 .mark = m,
					 .colour = t->colour,
					 .whole = t->verbose || m != GP_MARK_OK,
					 .phase = p.name,
					 .text = gp_buf_all(&p.text),
					 .ms = known ? gp_now_ms() - p.begun : -1,
					 .columns = line_width(t),
				 });
	gp_free(p.name);
	gp_buf_clear(&p.text);
	if (!t->quiet && !t->json)
		lines(t, gp_buf_all(&out));
}

void gp_term_tick(struct gp_term *t)
{
	draw(t);
}

void gp_term_say(struct gp_term *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!t->quiet && !t->json)
		labelled_fmt(t, "", fmt, ap);
	va_end(ap);
}

void gp_term_detail(struct gp_term *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (t->verbose && !t->quiet && !t->json)
		labelled_fmt(t, "", fmt, ap);
	va_end(ap);
}

void gp_term_warn(struct gp_term *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	labelled_fmt(t, "warning: ", fmt, ap);
	va_end(ap);
}

void gp_term_error(struct gp_term *t)
{
	labelled_words(t, "error: ", gp_slice(gp_message()));
	labelled_words(t, "hint: ", gp_slice(gp_message_hint()));
}

void gp_term_quote(struct gp_term *t, struct gp_slice text)
{
	if (!t->quiet && !t->json)
		labelled(t, QUOTE, text);
}

void gp_term_stream(struct gp_term *t, struct gp_slice bytes)
{
	gp_auto(gp_buf) out = {0};
	struct gp_slice line;

	if (!t->verbose || t->quiet || t->json)
		return;
	erase(&out, t);
	while (bytes.n) {
		bool ended = memchr(bytes.p, '\n', bytes.n);

		gp_line(&line, &bytes);
		gp_buf_slice(&t->piece, line);
		if (ended && t->piece.n == 0)
			gp_buf_str(&out, QUOTE "\n");
		if (ended || t->piece.n > PIECE)
			flush_piece(&out, t);
	}
	put_err(t, &out);
	draw(t);
}

void gp_term_result(struct gp_term *t, const char *fmt, ...)
{
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) out = {0};
	va_list ap;

	va_start(ap, fmt);
	gp_buf_vfmt(&text, fmt, ap);
	va_end(ap);
	gp_buf_visible(&out, gp_buf_all(&text));
	gp_buf_chr(&out, '\n');
	if (!t->json)
		put_out(t, gp_buf_all(&out));
}

void gp_term_text(struct gp_term *t, struct gp_slice text)
{
	if (!t->json)
		put_out(t, text);
}

void gp_term_event(struct gp_term *t, const char *event, struct cJSON *o)
{
	gp_auto_json struct cJSON *members = o;
	gp_auto_json struct cJSON *whole = gp_json_object();
	gp_auto(gp_buf) text = {0};
	gp_auto(gp_buf) out = {0};
	struct cJSON *m;

	if (!t->json)
		return;
	gp_json_put_int(whole, "schema", 1);
	gp_json_put_str(whole, "event", event);
	while ((m = gp_json_first(members))) {
		gp_auto_str char *key = gp_strdup(gp_json_key(m));
		gp_auto_json struct cJSON *v = gp_json_detach(members, key);

		if (!gp_json_get(whole, key)) {
			gp_json_put(whole, key, v);
			v = NULL;
		}
	}
	if (gp_json_print(&text, whole) < 0)
		return;
	gp_term_ascii_json(&out, gp_buf_all(&text));
	gp_buf_chr(&out, '\n');
	put_out(t, gp_buf_all(&out));
}

int gp_term_out_error(const struct gp_term *t)
{
	return t->out_error;
}

bool gp_term_verbose(const struct gp_term *t)
{
	return t->verbose;
}

bool gp_term_json(const struct gp_term *t)
{
	return t->json;
}

bool gp_term_live(const struct gp_term *t)
{
	return t->terminal;
}

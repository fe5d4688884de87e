#include "lib/preview/trailers.h"

#include <string.h>

#include "lib/base/term_text.h"

#define ID_MAX 32

static const char *const names[] = {
	[GP_TRAILER_ID] = "Preview-Id",
	[GP_TRAILER_ROLE] = "Preview-Role",
	[GP_TRAILER_BASE] = "Preview-Base",
	[GP_TRAILER_RED] = "Preview-Red",
	[GP_TRAILER_GREEN] = "Preview-Green",
	[GP_TRAILER_SUITE] = "Preview-Suite",
	[GP_TRAILER_STRENGTH] = "Preview-Strength",
	[GP_TRAILER_MODEL] = "Preview-Model",
	[GP_TRAILER_COST] = "Preview-Cost",
};

void gp_trailers_clear(struct gp_trailers *t)
{
	for (size_t i = 0; i < GP_TRAILERS; i++)
		gp_free(t->v[i]);
	*t = (struct gp_trailers){0};
}

const char *gp_trailer_name(enum gp_trailer t)
{
	return names[t];
}

/* The words of the model are indented by one blank where they look like these. */
static bool unindent(struct gp_slice *line)
{
	size_t n = 0;

	while (n < line->n && line->p[n] == ' ')
		n++;
	line->p += n;
	line->n -= n;
	return n == 0 || n == 4;
}

static bool is_id(struct gp_slice s)
{
	if (s.n == 0 || s.n > ID_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9')))
			return false;
	return true;
}

static void take(struct gp_trailers *out, enum gp_trailer t, struct gp_slice value)
{
	gp_auto(gp_buf) clean = {0};
	size_t cut = value.n > GP_TRAILER_BYTES ? GP_TRAILER_BYTES : value.n;

	if (t == GP_TRAILER_ID && !is_id(value))
		return;
	while (cut < value.n && cut && ((unsigned char)value.p[cut] & 0xc0) == 0x80)
		cut--;
	value.n = cut;
	gp_term_one_line(&clean, value);
	gp_free(out->v[t]);
	out->v[t] = gp_buf_take(&clean);
	if (t == GP_TRAILER_ROLE) {
		out->test |= strcmp(out->v[t], "test") == 0;
		out->implementation |= strcmp(out->v[t], "implementation") == 0;
	}
}

void gp_trailers_read(struct gp_trailers *out, struct gp_slice message)
{
	struct gp_slice line;

	while (gp_line(&line, &message)) {
		if (!unindent(&line))
			continue;
		for (size_t i = 0; i < GP_TRAILERS; i++) {
			size_t n = strlen(names[i]);

			if (line.n > n && memcmp(line.p, names[i], n) == 0 && line.p[n] == ':')
				take(out, (enum gp_trailer)i,
				     gp_trim((struct gp_slice){line.p + n + 1, line.n - n - 1}));
		}
	}
}

#include "lib/context/prompt.h"

#include <string.h>

void gp_context_clear(struct gp_context *c)
{
	for (size_t i = 0; i < c->n; i++)
		gp_free(c->v[i].path);
	gp_free(c->v);
	gp_buf_clear(&c->text);
	*c = (struct gp_context){0};
}

static void spend(struct gp_prompt *p, size_t before)
{
	size_t n = p->out->text.n - before;

	p->left -= n < p->left ? n : p->left;
}

void gp_prompt_heading(struct gp_prompt *p, const char *text)
{
	size_t before = p->out->text.n;

	gp_buf_fmt(&p->out->text, "# %s\n\n", text);
	spend(p, before);
}

void gp_prompt_say(struct gp_prompt *p, const char *fmt, ...)
{
	size_t before = p->out->text.n;
	va_list ap;

	va_start(ap, fmt);
	gp_buf_vfmt(&p->out->text, fmt, ap);
	va_end(ap);
	gp_buf_chr(&p->out->text, '\n');
	spend(p, before);
}

static int longest_run(struct gp_slice s, char c)
{
	int best = 0, run = 0;

	for (size_t i = 0; i < s.n; i++) {
		run = s.p[i] == c ? run + 1 : 0;
		if (run > best)
			best = run;
	}
	return best;
}

void gp_prompt_fence(struct gp_prompt *p, struct gp_slice text)
{
	struct gp_buf *out = &p->out->text;
	size_t before = out->n;
	int n = longest_run(text, '`') + 1;

	if (n < 3)
		n = 3;
	for (int i = 0; i < n; i++)
		gp_buf_chr(out, '`');
	gp_buf_chr(out, '\n');
	p->out->masked += gp_context_mask(out, text);
	if (text.n == 0 || text.p[text.n - 1] != '\n')
		gp_buf_chr(out, '\n');
	for (int i = 0; i < n; i++)
		gp_buf_chr(out, '`');
	gp_buf_str(out, "\n\n");
	spend(p, before);
}

bool gp_prompt_has(const struct gp_prompt *p, const char *path)
{
	for (size_t i = 0; i < p->out->n; i++)
		if (strcmp(p->out->v[i].path, path) == 0)
			return true;
	return false;
}

static void note_file(struct gp_prompt *p, const char *path, size_t bytes, const char *why)
{
	struct gp_context *c = p->out;

	if (c->n == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 16;
		c->v = gp_realloc(c->v, c->cap * sizeof(*c->v));
	}
	c->v[c->n++] = (struct gp_context_file){gp_strdup(path), bytes, why};
}

static void show_excerpts(struct gp_prompt *p, const char *path, struct gp_slice text,
                          const struct gp_excerpts *e)
{
	for (size_t i = 0; i < e->n; i++) {
		if (e->n == 1 && e->v[0].text.n == text.n)
			gp_prompt_say(p, "%s%s:", path,
			              text.n && text.p[text.n - 1] != '\n'
			                      ? " (no newline at its end)"
			                      : "");
		else
			gp_prompt_say(p, "%s, lines %zu to %zu of %zu:", path, e->v[i].from,
			              e->v[i].to, e->lines);
		gp_prompt_fence(p, e->v[i].text);
	}
}

bool gp_prompt_file(struct gp_prompt *p, const struct gp_candidate *f, size_t max, const char *why)
{
	gp_auto(gp_buf) text = {0};
	struct gp_excerpts e;
	size_t before = p->out->text.n;

	/* room for the heading and the fences */
	max = max < p->left ? max : p->left;
	if (max < 200 || gp_prompt_has(p, f->path) ||
	    gp_candidate_read(&text, p->o->repo, f, 4 * GP_CONTEXT_FILE_MAX) < 0 ||
	    memchr(gp_buf_text(&text), 0, text.n) || !gp_utf8_valid(gp_buf_all(&text)))
		return false;
	gp_excerpts_of(&e, gp_buf_all(&text), p->t, max - 150);
	if (e.n == 0)
		return false;
	show_excerpts(p, f->path, gp_buf_all(&text), &e);
	note_file(p, f->path, p->out->text.n - before, why);
	return true;
}

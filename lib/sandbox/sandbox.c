#include "lib/sandbox/sandbox.h"

#include <stdlib.h>
#include <string.h>

#include "lib/sandbox/inside.h"

/* the order is the one 'auto' tries */
static const struct gp_kind *const kinds[] = {&gp_kind_bwrap, &gp_kind_docker, &gp_kind_podman};

static int take_env(struct gp_sandbox *s, const struct gp_sandbox_options *o)
{
	for (size_t i = 0; i < o->env.n; i++) {
		const char *e = o->env.v[i], *eq = strchr(e, '='), *value;

		if (!*e || eq == e)
			return gp_fail(GP_INVALID, "cannot pass '%s': not a variable's name", e);
		if (eq)
			gp_list_add(&s->env, e);
		else if ((value = getenv(e)))
			gp_list_fmt(&s->env, "%s=%s", e, value);
	}
	return 0;
}

static int take_options(struct gp_sandbox *s, const struct gp_sandbox_options *o)
{
	s->memory = o->memory;
	s->processes = o->processes > 0 ? o->processes : 1024;
	s->cpus = o->cpus > 0 ? o->cpus : 0;
	s->disk = o->disk > 0 ? o->disk : 1LL << 30;
	s->output = o->output ? o->output : 1 << 20;
	if (s->output > GP_OUTPUT_MAX)
		s->output = GP_OUTPUT_MAX;
	for (size_t i = 0; i < o->read_only.n; i++) {
		if (o->read_only.v[i][0] != '/' || !o->read_only.v[i][1])
			return gp_fail(GP_INVALID, "cannot show '%s': not an absolute folder",
			               o->read_only.v[i]);
		gp_list_add(&s->read_only, o->read_only.v[i]);
	}
	return take_env(s, o);
}

static int open_kind(struct gp_sandbox **out, const struct gp_kind *kind,
                     const struct gp_sandbox_options *o)
{
	gp_auto_sandbox struct gp_sandbox *s = gp_alloc(sizeof(*s));
	int e;

	s->kind = kind;
	e = take_options(s, o);
	if (!e)
		e = kind->open(s, o);
	if (e)
		return e;
	*out = s;
	s = NULL;
	return 0;
}

static int open_any(struct gp_sandbox **out, const struct gp_sandbox_options *o)
{
	gp_auto(gp_buf) why = {0}, hint = {0};

	for (size_t i = 0; i < GP_COUNT(kinds); i++) {
		int e = open_kind(out, kinds[i], o);

		if (e != GP_NOTFOUND)
			return e;
		gp_buf_fmt(&why, "%s%s: %s", i ? "; " : "", kinds[i]->name, gp_message());
		if (*gp_message_hint())
			gp_buf_fmt(&hint, "%s%s: %s", hint.n ? "; " : "", kinds[i]->name,
			           gp_message_hint());
	}
	gp_fail(GP_NOTFOUND, "no sandbox works here: %s", gp_buf_text(&why));
	if (hint.n)
		gp_hint("%s", gp_buf_text(&hint));
	return GP_NOTFOUND;
}

int gp_sandbox_open(struct gp_sandbox **out, const struct gp_sandbox_options *o)
{
	if (o->kind == GP_SANDBOX_AUTO)
		return open_any(out, o);
	for (size_t i = 0; i < GP_COUNT(kinds); i++)
		if (kinds[i]->kind == o->kind)
			return open_kind(out, kinds[i], o);
	return gp_fail(GP_INVALID, "unknown kind of sandbox");
}

void gp_sandbox_free(struct gp_sandbox **sp)
{
	struct gp_sandbox *s = *sp;

	if (!s)
		return;
	if (s->kind->close)
		s->kind->close(s);
	gp_list_clear(&s->env);
	gp_list_clear(&s->mounts);
	gp_list_clear(&s->read_only);
	gp_free(s->program);
	gp_free(s->version);
	gp_cgroup_clear(&s->cgroup);
	for (size_t i = 0; i < GP_COUNT(s->args); i++)
		gp_buf_clear(&s->args[i]);
	gp_buf_clear(&s->seccomp);
	gp_buf_clear(&s->name);
	gp_buf_clear(&s->identity);
	gp_free(s);
	*sp = NULL;
}

const char *gp_sandbox_name(const struct gp_sandbox *s)
{
	return gp_buf_text(&s->name);
}

const char *gp_sandbox_identity(const struct gp_sandbox *s)
{
	return gp_buf_text(&s->identity);
}

const struct gp_list *gp_sandbox_mounts(const struct gp_sandbox *s)
{
	return &s->mounts;
}

const char *gp_sandbox_word(const struct gp_sandbox *s)
{
	return s->kind->name;
}

const struct gp_isolation *gp_sandbox_isolates(const struct gp_sandbox *s)
{
	return s->isolates;
}

bool gp_sandbox_keeps(const struct gp_sandbox *s)
{
	return s->kind->keeps;
}

int gp_sandbox_prepare(struct gp_run **out, struct gp_sandbox *s, struct gp_loop *l,
                       const struct gp_run_spec *spec,
                       void (*done)(void *ctx, struct gp_run_result *r), void *ctx)
{
	return s->kind->prepare(out, s, l, spec, done, ctx);
}

int gp_sandbox_run(struct gp_run **out, struct gp_sandbox *s, struct gp_loop *l,
                   const struct gp_run_spec *spec, void (*done)(void *ctx, struct gp_run_result *r),
                   void *ctx)
{
	return s->kind->start(out, s, l, spec, done, ctx);
}

void gp_run_abandon(struct gp_run **r)
{
	const struct gp_kind *const *kind = (const struct gp_kind *const *)(const void *)*r;

	if (*r)
		(*kind)->abandon(r);
}

void gp_sandbox_prune(const struct gp_sandbox_options *o, struct gp_prune *p)
{
	gp_auto_sandbox struct gp_sandbox *s = NULL;

	if (gp_sandbox_open(&s, o) == 0 && s->kind->prune)
		s->kind->prune(s, p);
}

void gp_run_result_clear(struct gp_run_result *r)
{
	for (size_t i = 0; i < r->nreports; i++) {
		gp_free(r->reports[i].path);
		gp_buf_clear(&r->reports[i].text);
	}
	gp_free(r->reports);
	gp_buf_clear(&r->infra_text);
	gp_buf_clear(&r->out);
	*r = (struct gp_run_result){0};
}

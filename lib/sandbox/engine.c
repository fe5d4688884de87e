#include "lib/sandbox/engine_run.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/json.h"

enum { PROBE_MS = 10000 };

static bool is_version(const char *s)
{
	return s && *s && strlen(s) < 64 && s[strspn(s, "0123456789.")] == 0;
}

static int ask_json(struct cJSON **out, const struct gp_engine *e, const char *path, bool bare)
{
	struct gp_call_result a;
	int code = gp_engine_ask(
		&a, e,
		&(struct gp_call_spec){
			.method = "GET", .path = path, .timeout_ms = PROBE_MS, .bare = bare});

	if (!code && gp_json_parse(out, gp_buf_all(&a.text)))
		code = gp_within(GP_INVALID, "cannot read the answer of %s", e->kind);
	gp_call_result_clear(&a);
	return code;
}

static int no_engine(const struct gp_engine *e, int code)
{
	bool denied = strstr(gp_message(), "ermission denied") != NULL;
	bool docker = strcmp(e->kind, "docker") == 0;
	gp_auto_str char *why = gp_strdup(gp_message());
	gp_auto(gp_buf) said = {0};

	if (code == GP_STOPPED)
		return code;
	if (e->service) {
		gp_service_complaint(&said, e->service);
		gp_fail(GP_NOTFOUND, "no engine answers at '%s': %s", e->host.shown,
		        said.n ? gp_buf_text(&said) : why);
	} else {
		gp_within(GP_NOTFOUND, "no engine answers");
	}
	if (e->host.ssh)
		gp_hint("try: ssh %s %s version", e->host.ssh, e->kind);
	else if (denied && docker)
		gp_hint("let this user speak to it: usermod -aG docker $USER");
	else if (docker)
		gp_hint("start Docker (systemctl start docker), or name its address in "
		        "sandbox.host or DOCKER_HOST");
	else
		gp_hint("install podman, or name its socket in sandbox.host");
	return GP_NOTFOUND;
}

/* Podman answers as Docker does, and says what it is among its components. */
static int check_kind(const struct gp_engine *e, const struct cJSON *version)
{
	const char *found = "docker";

	for (struct cJSON *c = gp_json_first(gp_json_get(version, "Components")); c;
	     c = gp_json_next(c)) {
		const char *name = gp_json_str(c, "Name");

		if (name && gp_starts(name, "Podman"))
			found = "podman";
	}
	return strcmp(found, e->kind) == 0
	               ? 0
	               : gp_fail(GP_NOTFOUND, "the engine at '%s' is %s", e->host.shown, found);
}

/* libcurl does not tell why a socket cannot be opened. */
static int check_socket(const struct gp_engine *e)
{
	return !e->host.socket || access(e->host.socket, R_OK | W_OK) == 0
	               ? 0
	               : gp_fail_errno(GP_NOTFOUND, "cannot open '%s'", e->host.socket);
}

static int ask_version(struct gp_engine *e)
{
	gp_auto_json struct cJSON *j = NULL;
	gp_auto(gp_buf) version = {0};
	int code = check_socket(e);

	if (!code)
		code = ask_json(&j, e, "/version", true);
	if (code)
		return no_engine(e, code);
	code = check_kind(e, j);
	if (code)
		return code;
	if (!is_version(gp_json_str(j, "ApiVersion")) || !gp_json_str(j, "Version"))
		return gp_fail(GP_NOTFOUND, "'%s' does not answer as an engine", e->host.shown);
	e->api = gp_strdup(gp_json_str(j, "ApiVersion"));
	gp_buf_visible(&version, gp_slice(gp_json_str(j, "Version")));
	gp_buf_cut(&version, 64);
	e->version = gp_buf_take(&version);
	return 0;
}

static void build_env(struct gp_sandbox *s)
{
	struct gp_list asked = s->env;

	s->env = (struct gp_list){0};
	for (const char *const *v = gp_env_fixed; *v; v++)
		gp_list_add(&s->env, *v);
	/* an image's own would come before LANG; one that is empty counts for nothing */
	gp_list_add(&s->env, "LC_ALL=");
	for (size_t i = 0; i < asked.n; i++)
		gp_list_add(&s->env, asked.v[i]);
	gp_list_clear(&asked);
}

static void build_identity(struct gp_sandbox *s)
{
	const struct gp_engine *e = s->engine;
	uint64_t env = GP_HASH;

	gp_buf_fmt(&s->name, "%s %s %s", e->kind, e->version, e->image);
	gp_buf_fmt(&s->identity, "%s\nimage %s\n", gp_buf_text(&s->name), e->image_id);
	gp_buf_fmt(&s->identity, "processes %ld cgroup\n", s->processes);
	if (s->memory > 0)
		gp_buf_fmt(&s->identity, "memory %lld cgroup\n", s->memory);
	if (s->cpus > 0)
		gp_buf_fmt(&s->identity, "cpus %ld cgroup\n", s->cpus);
	gp_buf_fmt(&s->identity, "file %lld rlimit\n", s->disk);
	gp_buf_fmt(&s->identity, "calls %s\n",
	           e->filter ? "filtered" : "as the engine filters them");
	for (size_t i = 0; i < s->env.n; i++)
		env = gp_hash(env, s->env.v[i], strlen(s->env.v[i]) + 1);
	gp_buf_fmt(&s->identity, "environment %016llx\n", (unsigned long long)env);
}

/* docker takes the text of a filter itself; podman's service wants the path of a file, which it can
 * read only where it runs on this machine. */
static int choose_filter(struct gp_engine *e, const char *folder)
{
	gp_auto(gp_buf) text = {0}, option = {0}, path = {0};
	int code = 0;

	gp_seccomp_profile(&text);
	if (strcmp(e->kind, "docker") == 0) {
		gp_buf_fmt(&option, "seccomp=%s", gp_buf_text(&text));
	} else if (e->host.socket && !e->host.ssh && folder) {
		gp_buf_fmt(&path, "%s/calls-%016llx.json", folder,
		           (unsigned long long)gp_hash(GP_HASH, text.p, text.n));
		if (access(gp_buf_text(&path), R_OK))
			code = gp_file_write(gp_buf_text(&path), gp_buf_all(&text), 0600);
		gp_buf_fmt(&option, "seccomp=%s", gp_buf_text(&path));
	}
	if (!code && option.n)
		e->filter = gp_strdup(gp_buf_text(&option));
	return code;
}

#define ISOLATES_ALL                                                                               \
	{"files", "those of the image, which the user in it may not write; the tree, /tmp and a "  \
	          "home of its own; nothing of this machine"},                                     \
		{"network", "loopback only, of its own"},                                          \
		{"processes", "none but its own are seen; all end with the run"},                  \
	{                                                                                          \
		"terminal", "none"                                                                 \
	}
static const struct gp_isolation filtered[] = {
	ISOLATES_ALL,
	{"kernel", "no privileges, no capabilities, and a filter of system calls"},
	{NULL, NULL},
};
static const struct gp_isolation unfiltered[] = {
	ISOLATES_ALL,
	{"kernel", "no privileges, no capabilities; of system calls what the engine filters"},
	{NULL, NULL},
};

static int engine_open(struct gp_sandbox *s, const struct gp_sandbox_options *o)
{
	struct gp_engine *e = gp_alloc(sizeof(*e));
	gp_auto(gp_buf) owner = {0};
	int code;

	s->engine = e;
	e->kind = s->kind->name;
	gp_engine_owner(&owner, o->cache ? o->cache : "");
	e->owner = gp_buf_take(&owner);
	code = gp_engine_find(e, o->host);
	if (code == GP_NOTFOUND)
		code = no_engine(e, code);
	else if (!code)
		code = ask_version(e);
	if (!code)
		code = gp_engine_image(e, o);
	if (!code)
		code = choose_filter(e, o->cache);
	if (code)
		return code;
	build_env(s);
	build_identity(s);
	s->isolates = e->filter ? filtered : unfiltered;
	return 0;
}

static void engine_close(struct gp_sandbox *s)
{
	struct gp_engine *e = s->engine;

	if (!e)
		return;
	gp_call_abandon(&e->sweep_containers);
	gp_call_abandon(&e->sweep_images);
	if (e->spare)
		gp_engine_discard(&e->spare);
	gp_service_end(&e->service);
	gp_engine_host_clear(&e->host);
	gp_free(e->version);
	gp_free(e->api);
	gp_free(e->image);
	gp_free(e->image_id);
	gp_free(e->owner);
	gp_free(e->filter);
	gp_free(e);
	s->engine = NULL;
}

const struct gp_kind gp_kind_docker = {
	.kind = GP_SANDBOX_DOCKER,
	.name = "docker",
	.keeps = true,
	.open = engine_open,
	.prepare = gp_engine_prepare,
	.start = gp_engine_start,
	.abandon = gp_engine_abandon,
	.close = engine_close,
	.prune = gp_engine_prune,
};

const struct gp_kind gp_kind_podman = {
	.kind = GP_SANDBOX_PODMAN,
	.name = "podman",
	.keeps = true,
	.open = engine_open,
	.prepare = gp_engine_prepare,
	.start = gp_engine_start,
	.abandon = gp_engine_abandon,
	.close = engine_close,
	.prune = gp_engine_prune,
};

#include "lib/sandbox/inside.h"

static int not_yet(struct gp_sandbox *s, const struct gp_sandbox_options *o)
{
	(void)o;
	gp_fail(GP_NOTFOUND, "sandbox kind '%s' is not available in this version", s->kind->name);
	gp_hint("set sandbox.kind to 'auto' or 'bwrap'");
	return GP_NOTFOUND;
}

const struct gp_kind gp_kind_docker = {
	.kind = GP_SANDBOX_DOCKER, .name = "docker", .keeps = true, .open = not_yet};

const struct gp_kind gp_kind_podman = {
	.kind = GP_SANDBOX_PODMAN, .name = "podman", .keeps = true, .open = not_yet};

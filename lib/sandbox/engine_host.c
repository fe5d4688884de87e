#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/http.h"
#include "lib/sandbox/engine.h"

void gp_engine_host_clear(struct gp_engine_host *h)
{
	gp_free(h->socket);
	gp_free(h->base);
	gp_free(h->ssh);
	gp_free(h->ca);
	gp_free(h->cert);
	gp_free(h->key);
	gp_free(h->shown);
	*h = (struct gp_engine_host){0};
}

/* A file of the folder of certificates, when it is there. */
static char *certificate(const char *name)
{
	const char *folder = getenv("DOCKER_CERT_PATH"), *home = getenv("HOME");
	gp_auto(gp_buf) path = {0};

	if (folder && *folder)
		gp_buf_fmt(&path, "%s/%s", folder, name);
	else
		gp_buf_fmt(&path, "%s/.docker/%s", home ? home : "", name);
	return access(gp_buf_text(&path), R_OK) == 0 ? gp_buf_take(&path) : NULL;
}

static int use_tcp(struct gp_engine_host *h, const char *address)
{
	const char *verify = getenv("DOCKER_TLS_VERIFY");
	gp_auto(gp_buf) url = {0};

	gp_buf_fmt(&url, "http://%s", address);
	if ((!verify || !*verify) && gp_http_url_private(gp_buf_text(&url)) == 1) {
		h->base = gp_buf_take(&url);
		return 0;
	}
	gp_buf_cut(&url, 0);
	gp_buf_fmt(&url, "https://%s", address);
	h->base = gp_buf_take(&url);
	h->ca = certificate("ca.pem");
	h->cert = certificate("cert.pem");
	h->key = certificate("key.pem");
	return 0;
}

/* No option for ssh, whatever it is. */
static bool ssh_valid(const char *where)
{
	return *where && *where != '-' && strchr(where, '/') == NULL &&
	       strspn(where, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	                     "@._:-[]") == strlen(where);
}

static int use(struct gp_engine_host *h, const char *url)
{
	h->shown = gp_strdup(url);
	if (gp_starts(url, "unix://") && url[7] == '/') {
		h->socket = gp_strdup(url + 7);
		return 0;
	}
	if (gp_starts(url, "tcp://") && url[6])
		return use_tcp(h, url + 6);
	if (gp_starts(url, "ssh://") && ssh_valid(url + 6)) {
		h->ssh = gp_strdup(url + 6);
		return 0;
	}
	gp_fail(GP_INVALID, "cannot use '%s' as an engine's address", url);
	gp_hint("unix:///<path>, tcp://<host>:<port> or ssh://[<user>@]<host>[:<port>]");
	return GP_INVALID;
}

static bool is_socket(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISSOCK(st.st_mode) && access(path, R_OK | W_OK) == 0;
}

static int find_podman(struct gp_engine *e)
{
	const char *run = getenv("XDG_RUNTIME_DIR"), *host = getenv("CONTAINER_HOST");
	gp_auto(gp_buf) path = {0};

	if (host && *host)
		return use(&e->host, host);
	gp_buf_fmt(&path, "unix://%s/podman/podman.sock", run ? run : "");
	if (run && *run == '/' && is_socket(path.p + 7))
		return use(&e->host, path.p);
	if (getuid() == 0 && is_socket("/run/podman/podman.sock"))
		return use(&e->host, "unix:///run/podman/podman.sock");
	e->host.shown = gp_strdup("podman system service");
	return gp_service_begin(e);
}

int gp_engine_find(struct gp_engine *e, const char *asked)
{
	const char *host = getenv("DOCKER_HOST");
	int code;

	if (asked && *asked)
		code = use(&e->host, asked);
	else if (strcmp(e->kind, "podman") == 0)
		code = find_podman(e);
	else
		code = use(&e->host, host && *host ? host : "unix:///var/run/docker.sock");
	return !code && e->host.ssh ? gp_service_begin(e) : code;
}

/*
 * engine.h - Docker and Podman by the Engine API: what the files of the two kinds share.
 *
 * A layer is an image, "git-preview/layer:<name>": a container of the user's image, the tree
 * uploaded to /work as an archive, the setup command run in it, committed. It is tagged
 * "git-preview/setup:<name of the setup>", too, and a layer of another tree with that setup is made
 * of it: the files that differ are laid over it, and nothing runs. Always of the first, since
 * images cannot be piled up without end. A run is a container of that image which finds its script
 * and the changed files in a second archive; its output comes over the connection as frames, its
 * reports go out as archives. Nothing is mounted, so the engine may be on another machine. All we
 * make is labelled and named after its maker, so that the next run removes what a killed one left.
 */
#ifndef GP_ENGINE_H
#define GP_ENGINE_H

#include "lib/sandbox/inside.h"

struct gp_tar;

/* The owner of /work in every container, and who runs there. */
#define GP_ENGINE_USER 1000
#define GP_ENGINE_LAYERS "git-preview/layer"
#define GP_ENGINE_SETUPS "git-preview/setup"
#define GP_ENGINE_LABEL "git-preview"
/* Labels of a layer: which tree it holds, and which repository of which machine it was made for. */
#define GP_ENGINE_TREE "git-preview.tree"
#define GP_ENGINE_OWNER "git-preview.owner"
/* Seconds after which a layer may go, whoever made it. */
#define GP_ENGINE_OLD_S (14 * 24 * 3600)

/* How an engine is reached: by socket or base (a URL); ssh tells where the socket leads. */
struct gp_engine_host {
	char *socket, *base, *ssh;
	char *ca, *cert, *key;
	char *shown; /* for people */
};

struct gp_engine {
	const char *kind; /* "docker", "podman" */
	struct gp_engine_host host;
	char *version, *api;
	char *image, *image_id;
	char *owner;  /* as GP_ENGINE_OWNER tells it */
	char *filter; /* the option that names the filter of system calls; NULL: the engine's own */
	bool no_init; /* it has no program to be first in a container */
	struct gp_run *spare; /* a container started ahead; NULL: none */
	struct gp_call *sweep_containers, *sweep_images;
	unsigned runs;              /* begun */
	struct gp_service *service; /* between the engine and us; NULL: nothing */
};

enum { GP_ENGINE_LATER = -1000 }; /* as GP_HTTP_LATER, for bytes and more of a call */

/* engine_call.c: one request. */
struct gp_call_spec {
	const char *method, *path; /* path: after the version, with its query */
	struct gp_slice body;      /* borrowed until done */
	const char *type;          /* of body; NULL: application/json */
	long timeout_ms;           /* until all is there; 0: a minute, below 0: none */
	size_t max;                /* bytes of the answer; 0: 4 MiB */
	bool bare;                 /* path is all of it */
	int (*head)(void *ctx);    /* a good answer begins; may be NULL */
	int (*bytes)(void *ctx, struct gp_slice s); /* takes its body; NULL: it is collected */
	/* talks over the connection once the answer has begun, as gp_http_events.more */
	long (*more)(void *ctx, char *to, size_t max);
	void *to; /* ctx of bytes; NULL: that of done */
};

struct gp_call_result {
	int code; /* 0; GP_NOTFOUND 404; GP_EXISTS 409; GP_REFUSED any other no; as gp_http_events;
	             gp_message tells whose error it is and the engine's own words */
	int status;
	struct gp_buf text;
};
void gp_call_result_clear(struct gp_call_result *r);

struct gp_call;
/* Asks. *slot is the call under way, NULL again before done (ctx, result) is called once, and when
 * the loop is freed, which calls nothing. 0 or a code of gp_http_start. */
int gp_engine_call(struct gp_call **slot, const struct gp_engine *e, struct gp_loop *l,
                   const struct gp_call_spec *spec,
                   void (*done)(void *ctx, struct gp_call_result *r), void *ctx);
/* As gp_http_resume; *slot may be NULL. */
void gp_call_resume(struct gp_call **slot);
/* Ends it without done; *slot may be NULL. */
void gp_call_abandon(struct gp_call **slot);
/* Asks and waits, on a loop of its own. Returns out->code; out is to be cleared. */
int gp_engine_ask(struct gp_call_result *out, const struct gp_engine *e,
                  const struct gp_call_spec *spec);

/* engine_host.c: where the engine of a kind is: asked (sandbox.host) if not NULL, else as the
 * engine's own programs find it. 0, or GP_INVALID or GP_NOTFOUND with a hint. */
int gp_engine_find(struct gp_engine *e, const char *asked);
void gp_engine_host_clear(struct gp_engine_host *h);
/* engine_service.c: a helper that listens on a socket of our own, whose path goes to
 * e->host.socket: podman's service, or, when e->host.ssh is set, one that passes each connection on
 * to `ssh <host> <kind> system dial-stdio`. It dies with us. 0, GP_NOTFOUND (no such program, or it
 * does not work) or GP_STOPPED. */
int gp_service_begin(struct gp_engine *e);
/* Ends it; containers go on. NULL is allowed. */
void gp_service_end(struct gp_service **service);
/* Appends the last thing the helper complained of, printable. */
void gp_service_complaint(struct gp_buf *out, const struct gp_service *s);

/* engine_image.c: the image to run in: there, pulled, or built of a repository's Dockerfile; sets
 * e->image and e->image_id. 0, GP_INVALID, GP_NOTFOUND with a hint, GP_STOPPED. */
int gp_engine_image(struct gp_engine *e, const struct gp_sandbox_options *o);

/* engine_text.c: pure. */
/* Whether text can be the name of an image: what a registry, a path, a tag and a digest are made
 * of, 255 bytes at most, no option. */
bool gp_image_valid(const char *text);
/* Appends text as a part of a URL's path or query. */
void gp_url_escape(struct gp_buf *out, const char *text);
/* What a container is made of, as JSON text. One that is started ahead of its run prints a line and
 * waits for SIGUSR1, an hour at most. */
void gp_engine_container(struct gp_buf *out, const struct gp_sandbox *s, const char *image,
                         bool network, bool ahead, bool terminal);
/* The first program of a run that has a terminal. It waits for the window to have the size of that
 * terminal, a second at most, and prints mark and a line end when the command is about to begin. */
void gp_engine_terminal_script(struct gp_buf *out, const struct gp_run_spec *spec, const char *mark,
                               long watchdog_s);
/* The first program of any other. It prints mark and a line end when the command is about to begin,
 * and again, to standard error, when the kernel has killed something in there for want of memory;
 * all that the command prints comes from standard output. */
void gp_engine_script(struct gp_buf *out, const struct gp_run_spec *spec, const char *mark,
                      long watchdog_s);
/* The script, the command and the changed files of a run as entries of an archive. */
int gp_engine_pack(struct gp_tar *t, const struct gp_run_spec *spec, const char *mark,
                   long watchdog_s);
/* The paths of a container that its run wrote and glob asks for, relative to /work, out of the
 * engine's list of changes. 0, GP_INVALID, or GP_LIMIT (more than a thousand). */
int gp_engine_written(struct gp_list *out, struct gp_slice json, const char *glob);

/* engine_sweep.c: names and leftovers. */
/* Appends a name for a container that tells its maker: "git-preview-<machine>-<pid>-<n>". */
void gp_engine_name(struct gp_buf *out);
/* Appends what tells one repository, by its folder, from all others that use an engine. */
void gp_engine_owner(struct gp_buf *out, const char *folder);
/* Removes containers (by name) and images (by name or id) in a process of its own, which outlives
 * us if need be. */
void gp_engine_remove(const struct gp_engine *e, const struct gp_list *containers,
                      const struct gp_list *images);
/* Looks for what killed processes of this machine left, for old layers, and for more than 16 layers
 * or 16 setups of this repository, on the loop and beside
 * everything else; best effort. */
void gp_engine_sweep(struct gp_engine *e, struct gp_loop *l);

/* engine_kept.c: the layers an engine has; pure. */
struct gp_kept_image {
	char *id;
	struct gp_list names; /* without which it is gone; its id when it has none */
	long long created;    /* seconds since the epoch */
	long long size;       /* without that of the image it was made from */
	bool mine;            /* made for the same repository */
	bool setup;           /* others are made of it */
};
struct gp_kept_images {
	struct gp_kept_image *v; /* oldest first */
	size_t n;
};
/* Reads the engine's list of images, those of other makers left out by its filter; base is the size
 * of the image that layers begin with. 0 or GP_INVALID. */
int gp_engine_kept(struct gp_kept_images *out, struct gp_slice json, const char *owner,
                   long long base);
void gp_kept_images_clear(struct gp_kept_images *k);

/* engine_prune.c: gp_sandbox_prune of the kinds: the layers that nobody uses, of this repository as
 * the limits tell, and of others when they are old. */
void gp_engine_prune(struct gp_sandbox *s, struct gp_prune *p);

/* engine_run.c: the functions of the kinds. */
int gp_engine_prepare(struct gp_run **out, struct gp_sandbox *s, struct gp_loop *l,
                      const struct gp_run_spec *spec,
                      void (*done)(void *ctx, struct gp_run_result *r), void *ctx);
int gp_engine_start(struct gp_run **out, struct gp_sandbox *s, struct gp_loop *l,
                    const struct gp_run_spec *spec,
                    void (*done)(void *ctx, struct gp_run_result *r), void *ctx);
void gp_engine_abandon(struct gp_run **r);

#endif

#include "lib/repo/slots.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOTS_MAX 256
#define STATE_MAX 8192

void gp_slot_state_clear(struct gp_slot_state *s)
{
	gp_free(s->setup);
	*s = (struct gp_slot_state){0};
}

/* Three lines, "tree <id>", "setup <key>", "clean" or "dirty"; anything else is not trusted. */
static bool parse(struct gp_slot_state *out, struct gp_slice text)
{
	struct gp_slice tree, setup, word;

	if (!gp_line(&tree, &text) || !gp_line(&setup, &text) || !gp_line(&word, &text) || text.n)
		return false;
	if (tree.n < 5 || tree.n - 5 >= GP_OID_MAX || memcmp(tree.p, "tree ", 5) != 0 ||
	    setup.n < 6 || memcmp(setup.p, "setup ", 6) != 0)
		return false;
	memcpy(out->tree.hex, tree.p + 5, tree.n - 5);
	if (setup.n > 6)
		out->setup = gp_strndup(setup.p + 6, setup.n - 6);
	out->dirty = !gp_slice_is(word, "clean");
	return true;
}

void gp_slot_read(struct gp_slot_state *out, const char *slot)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) text = {0};

	gp_slot_state_clear(out);
	gp_buf_fmt(&path, "%s/state", slot);
	if (gp_file_read(&text, AT_FDCWD, path.p, STATE_MAX, true) < 0 ||
	    !parse(out, gp_buf_all(&text)))
		*out = (struct gp_slot_state){.dirty = true};
}

int gp_slot_write(const struct gp_slot_state *s, const char *slot)
{
	gp_auto(gp_buf) path = {0};
	gp_auto(gp_buf) text = {.max = STATE_MAX};
	const char *setup = s->setup ? s->setup : "";

	if (strchr(setup, '\n'))
		return gp_fail(GP_INVALID, "a setup key is one line");
	gp_buf_fmt(&path, "%s/state", slot);
	if (gp_buf_fmt(&text, "tree %s\nsetup %s\n%s\n", s->tree.hex, setup,
	               s->dirty ? "dirty" : "clean") < 0)
		return gp_within(GP_INVALID, "cannot remember a setup key");
	return gp_file_write(path.p, gp_buf_all(&text), 0600);
}

/* What it costs to use a slot, cheapest first. Setup steps take the longest by far, so another
 * one's is not destroyed while a slot can be made. */
enum rank { READY, SET_UP, LAID, PLAIN, EMPTY, NEW, OTHER_SETUP };

struct slot {
	unsigned number;
	enum rank rank;
	struct timespec used;
	long long bytes; /* for gp_slot_prune */
};

static void slot_path(struct gp_buf *out, const char *layers, unsigned number)
{
	gp_buf_cut(out, 0);
	gp_buf_fmt(out, "%s/%u", layers, number);
}

static enum rank judge(const char *slot, const struct gp_oid *tree, const char *setup)
{
	struct gp_slot_state s = {0};
	enum rank rank = EMPTY;

	gp_slot_read(&s, slot);
	if (!s.dirty && s.tree.hex[0]) {
		bool same = strcmp(s.tree.hex, tree->hex) == 0;

		if (strcmp(s.setup ? s.setup : "", setup) == 0)
			rank = same ? READY : *setup ? SET_UP : PLAIN;
		else if (!s.setup)
			rank = same ? LAID : PLAIN;
		else
			rank = OTHER_SETUP;
	}
	gp_slot_state_clear(&s);
	return rank;
}

/* Its lock is touched by each taker. */
static struct timespec last_used(const char *slot)
{
	gp_auto(gp_buf) lock = {0};
	struct stat st = {0};

	gp_buf_fmt(&lock, "%s/lock", slot);
	return stat(lock.p, &st) == 0 ? st.st_mtim : (struct timespec){0};
}

static int cheapest_first(const void *a, const void *b)
{
	const struct slot *p = a, *q = b;

	if (p->rank != q->rank)
		return p->rank < q->rank ? -1 : 1;
	if (p->used.tv_sec != q->used.tv_sec)
		return p->used.tv_sec < q->used.tv_sec ? -1 : 1;
	if (p->used.tv_nsec != q->used.tv_nsec)
		return p->used.tv_nsec < q->used.tv_nsec ? -1 : 1;
	return p->number < q->number ? -1 : 1;
}

/* Slots are numbered from 1 without gaps: emptied ones keep folder and lock, so that no two
 * processes ever hold locks on different files of one name. */
static size_t list(struct slot *v, const char *layers, const struct gp_oid *tree, const char *setup)
{
	gp_auto(gp_buf) path = {0};
	size_t n = 0;

	for (; n < SLOTS_MAX; n++) {
		slot_path(&path, layers, (unsigned)n + 1);
		if (access(path.p, F_OK) < 0)
			break;
		v[n] = (struct slot){.number = (unsigned)n + 1,
		                     .rank = judge(path.p, tree, setup),
		                     .used = last_used(path.p)};
	}
	return n;
}

/* 0 when taken, GP_EXISTS when somebody else holds it. */
static int try_slot(struct gp_lock *lock, const char *slot)
{
	gp_auto(gp_buf) path = {0};
	int e;

	gp_buf_fmt(&path, "%s/lock", slot);
	e = gp_file_mkdirs(slot);
	if (!e)
		e = gp_lock_take(lock, path.p, 0);
	if (!e)
		futimens(lock->fd, NULL);
	return e;
}

int gp_slot_take(struct gp_lock *lock, struct gp_buf *path, const char *layers,
                 const struct gp_oid *tree, const char *setup)
{
	struct slot v[SLOTS_MAX + 1];
	size_t n = list(v, layers, tree, setup);
	int e = GP_EXISTS;

	if (n < GP_SLOTS_KEPT) {
		v[n] = (struct slot){.number = (unsigned)n + 1, .rank = NEW};
		n++;
	}
	qsort(v, n, sizeof(*v), cheapest_first);
	for (size_t i = 0; i < n && e == GP_EXISTS; i++) {
		slot_path(path, layers, v[i].number);
		e = try_slot(lock, path->p);
	}
	for (size_t i = n; i < SLOTS_MAX && e == GP_EXISTS; i++) {
		slot_path(path, layers, (unsigned)i + 1);
		e = try_slot(lock, path->p);
	}
	return e == GP_EXISTS
	               ? gp_fail(GP_FAILED, "all %d slots of '%s' are held", SLOTS_MAX, layers)
	               : e;
}

static void empty_slot(const char *slot)
{
	static const char *const parts[] = {"state", "index", "index.lock", "runs", "tree", "old"};

	for (size_t i = 0; i < GP_COUNT(parts); i++) {
		gp_auto(gp_buf) path = {0};

		gp_buf_fmt(&path, "%s/%s", slot, parts[i]);
		gp_file_remove(path.p);
	}
}

static bool laid_out(const char *layers, unsigned number)
{
	gp_auto(gp_buf) path = {0};

	slot_path(&path, layers, number);
	gp_buf_str(&path, "/tree");
	return access(path.p, F_OK) == 0;
}

void gp_slot_trim(const char *layers)
{
	struct slot v[SLOTS_MAX];
	const struct gp_oid none = {0};
	size_t n = list(v, layers, &none, ""), laid = 0;

	for (size_t i = 0; i < n; i++) {
		v[i].rank = laid_out(layers, v[i].number) ? READY : EMPTY;
		laid += v[i].rank == READY;
	}
	/* by time of use, where there is something to empty */
	qsort(v, n, sizeof(*v), cheapest_first);
	for (size_t i = 0; i < n && laid > GP_SLOTS_KEPT && v[i].rank == READY; i++) {
		gp_auto(gp_lock) lock = {.fd = -1};
		gp_auto(gp_buf) path = {0};

		slot_path(&path, layers, v[i].number);
		if (try_slot(&lock, path.p) < 0)
			continue;
		empty_slot(path.p);
		laid--;
	}
}

/* Slots that hold anything, with the bytes they take, the longest unused first. */
static size_t list_used(struct slot *v, const char *layers, struct gp_prune *p)
{
	const struct gp_oid none = {0};
	size_t all = list(v, layers, &none, ""), n = 0;

	for (size_t i = 0; i < all; i++) {
		gp_auto(gp_buf) path = {0};

		if (!laid_out(layers, v[i].number))
			continue;
		slot_path(&path, layers, v[i].number);
		v[n] = v[i];
		v[n].rank = READY;
		v[n].bytes = gp_file_disk(path.p);
		p->kept += v[n++].bytes;
	}
	qsort(v, n, sizeof(*v), cheapest_first);
	return n;
}

/* Its time of use stays what it was. */
static bool is_free(struct gp_lock *lock, const char *slot)
{
	gp_auto(gp_buf) path = {0};

	gp_buf_fmt(&path, "%s/lock", slot);
	return gp_lock_take(lock, path.p, 0) == 0;
}

void gp_slot_prune(const char *layers, struct gp_prune *p)
{
	struct slot v[SLOTS_MAX];
	size_t n = list_used(v, layers, p);

	for (size_t i = 0; i < n; i++) {
		gp_auto(gp_lock) lock = {.fd = -1};
		gp_auto(gp_buf) path = {0};

		if (v[i].used.tv_sec >= p->since && (p->bytes < 0 || p->kept <= p->bytes))
			continue;
		slot_path(&path, layers, v[i].number);
		if (!is_free(&lock, path.p))
			continue;
		if (!p->dry)
			empty_slot(path.p);
		p->kept -= v[i].bytes;
		p->freed += v[i].bytes;
		p->layers++;
	}
}

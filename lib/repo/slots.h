/*
 * slots.h - the slots of layer.h as they lie on disk: choosing, locking, remembering. Internal.
 */
#ifndef GP_SLOTS_H
#define GP_SLOTS_H

#include "lib/base/file.h"
#include "lib/base/prune.h"
#include "lib/repo/repo.h"

/* What a slot's state file says. A zeroed one is an empty slot. */
struct gp_slot_state {
	struct gp_oid tree; /* "" when nothing is laid out */
	char *setup;        /* NULL or a key: the setup step that ran to its end here */
	bool dirty;         /* something was under way: what lies there is not to be trusted */
};
void gp_slot_state_clear(struct gp_slot_state *s);

/* Reads <slot>/state; a missing or malformed one is an empty dirty slot. */
void gp_slot_read(struct gp_slot_state *out, const char *slot);
/* 0, GP_INVALID (a setup key of more than one line), GP_FAILED. */
int gp_slot_write(const struct gp_slot_state *s, const char *slot);

/* How many slots stay laid out when nobody holds them. */
#define GP_SLOTS_KEPT 8

/* Takes the slot that costs least to bring to tree and setup, making one when none is free: its
 * lock and its path. 0, GP_STOPPED, GP_FAILED. */
int gp_slot_take(struct gp_lock *lock, struct gp_buf *path, const char *layers,
                 const struct gp_oid *tree, const char *setup);

/* Empties the slots nobody holds that were unused for the longest, down to GP_SLOTS_KEPT laid out.
 * Best effort. */
void gp_slot_trim(const char *layers);
/* As gp_layer_prune. */
void gp_slot_prune(const char *layers, struct gp_prune *p);

#endif

/*
 * layer.h - base layers: a tree laid out once in our folder, ready for many runs.
 *
 * A slot is <folder>/layers/<n>/ with lock, index, runs/, tree/ and state. git lays the tree out by
 * `read-tree -m -u` over the slot's private index, so attributes, filters, LFS and partial clones
 * behave as in the user's checkout, and moving to another base costs the difference: what a setup
 * step made stays, unless it is in the way, and then the slot is laid out anew. Submodules are
 * empty folders. A slot is held by one process at a time (flock); concurrent requests take
 * different slots; eight stay laid out, the longest unused go. What a killed process left
 * (half-laid tree, half-run setup, runs/ scratch) is seen by the state file and cleaned by the next
 * taker.
 */
#ifndef GP_LAYER_H
#define GP_LAYER_H

#include "lib/base/prune.h"
#include "lib/base/changes.h"
#include "lib/repo/repo.h"

struct gp_layer;

/* Takes a slot: one that already is at tree, else the longest unused one (its difference is the
 * cheapest to lay), else a new one. setup_key names what a setup step would make there ("": none),
 * one line; a slot whose setup matches is preferred, and one that another setup went over is laid
 * out anew. 0, GP_STOPPED or GP_FAILED. Never waits. */
int gp_layer_take(struct gp_layer **out, struct gp_repo *r, const struct gp_oid *tree,
                  const char *setup_key);

/* Lays the tree out, beside everything else on the loop. done (ctx, code): 0, GP_REFUSED (git said
 * no: message), GP_FAILED. When the slot is at tree already done is called from the next round. A
 * set of loose files may be missing while it runs: start runs only after done. */
int gp_layer_fill(struct gp_layer *l, struct gp_loop *loop, void (*done)(void *ctx, int code),
                  void *ctx);

/* The laid out tree (absolute); a folder for scratch on the same file system, emptied on take. */
const char *gp_layer_tree(const struct gp_layer *l);
const char *gp_layer_scratch(const struct gp_layer *l);

/* The changes as a checkout would have them, for what is laid over the tree: files that attributes
 * of the tree concern (eol, text, working-tree-encoding, ident, the user's own filters) go through
 * git; all others are as they are. out is only filled, and true told by *any, when there is such a
 * file; else in serves. 0, GP_REFUSED (git cannot convert one), GP_TIMEOUT, GP_STOPPED, GP_FAILED.
 * Only after the fill is done. */
int gp_layer_convert(struct gp_layer *l, struct gp_changes *out, bool *any,
                     const struct gp_changes *in);

/* Whether setup_key's step has run here; remembers that it did. "" forgets, to be called before the
 * step starts and only then: until a key follows, the slot counts as half set up, and its next
 * taker lays it out anew. The key is all that is compared, also after the base has moved. 0,
 * GP_INVALID (a key of more than one line), GP_FAILED. */
bool gp_layer_has_setup(const struct gp_layer *l, const char *setup_key);
int gp_layer_set_setup(struct gp_layer *l, const char *setup_key);

/* Empties the slots nobody holds that the limits tell to; slots in use count as kept. Best effort,
 * and slow: every file of every slot is looked at. */
void gp_layer_prune(struct gp_repo *r, struct gp_prune *p);

/* Gives the slot back; kills a fill under way. */
void gp_layer_release(struct gp_layer **l);

#endif

/*
 * layer.h - base layers: a tree laid out once in our folder, ready for many runs.
 *
 * A slot is <folder>/layers/<n>/ with lock, index, tree/ and state. git lays the tree out by
 * `read-tree -m -u` over the slot's private index, so attributes, filters, LFS and partial clones
 * behave as in the user's checkout, and moving to another base costs the difference. A slot is held
 * by one process at a time (flock); concurrent requests take different slots. What a killed process
 * left (half-laid tree, runs/ scratch) is seen by the state file and cleaned by the next taker.
 */
#ifndef GP_LAYER_H
#define GP_LAYER_H

#include "lib/repo/repo.h"

struct gp_layer;

/* Takes a slot: one that already is at tree, else the longest unused one (its difference is the
 * cheapest to lay), else a new one. setup_key names what a setup step would make there ("": none);
 * a slot whose setup matches is preferred. 0 or GP_FAILED. Never waits. */
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

/* Whether setup_key's step has run here for this content; remembers that it did ("" forgets, to be
 * called before the step starts, so that a half-run setup is never taken for a whole one). */
bool gp_layer_has_setup(const struct gp_layer *l, const char *setup_key);
int gp_layer_set_setup(struct gp_layer *l, const char *setup_key);

/* Gives the slot back; kills a fill under way. */
void gp_layer_release(struct gp_layer **l);

#endif

/*
 * model.h - which model, where, at what price, with whose key.
 */
#ifndef GP_MODEL_H
#define GP_MODEL_H

#include "lib/base/conf.h"

/* USD per million tokens; negative: unknown (a zeroed one is free of charge, as a local model is).
 */
struct gp_price {
	double in, cached, write, out;
	double in_long, out_long; /* of the whole request, beyond long_from input tokens; cached and
	                             written grow as in does; negative: no such step */
	long long long_from;
	char date[16]; /* of the table's row */
};

struct gp_model {
	char *api;        /* a dialect's name: "responses" */
	char *url;        /* base, without a trailing slash, user, query or fragment */
	char *name;       /* the id sent */
	char *key;        /* NULL: none; wiped when cleared */
	char *key_origin; /* "environment variable OPENAI_API_KEY", for error messages */
	char *effort;
	long long max_output; /* tokens */
	long idle_ms;
	struct gp_price price;
	char *price_unknown; /* why no price is known, for people; NULL when it is */
};
void gp_model_clear(struct gp_model *m);

/* Chooses by name (--model: a [model.<name>] section or an id; NULL: model.name), settings, and
 * where these are silent the vendor's own url, an id of its, and OPENAI_API_KEY. That variable is
 * sent to the vendor's url alone: another url gets a key only by key-env or key-command. Only the
 * Responses API is spoken, so ANTHROPIC_API_KEY or a local server alone is not enough, and the
 * message says so; a compatible local server is used when model.url names it.
 * Takes the key (environment variable, or key-command within 5 s) and, whatever comes of it,
 * forgets the variables of all keys. Price: the table's, then price-* settings win. 0; GP_NOTFOUND:
 * no key or no model, the message and hint name the ways; GP_REFUSED: a key would travel in clear
 * text, or key-command failed; GP_INVALID: unknown api, a url or key that cannot be used;
 * GP_STOPPED. *out is cleared first and, on failure, holds no key. */
int gp_model_choose(struct gp_model *out, const struct gp_conf *c, const char *name);

/* Removes every known key variable, and those that key-env settings name, from this process's
 * environment and from what /proc shows of it: for who has no use for a key, before its first
 * child. gp_model_choose does the same. */
void gp_model_forget_keys(const struct gp_conf *c);

/* The price row of a model id, or of the id without its date ("-2026-11-17"), in the table:
 * $GP_PRICES, else prices.tsv beside the program (a build folder), else in our data folder. 0;
 * else all of *out is negative and the message says why: GP_NOTFOUND (no row), GP_FAILED (no
 * table), GP_INVALID (a line is malformed). */
int gp_price_find(struct gp_price *out, const char *model);

/* USD for tokens; in includes cached and written ones, which cost as much as in while their own
 * price is unknown. Negative when the price of in or out is unknown. */
double gp_price_of(const struct gp_price *p, long long in, long long cached, long long written,
                   long long out);

#endif

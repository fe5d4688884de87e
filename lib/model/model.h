/*
 * model.h - which model, where, at what price, with whose key.
 */
#ifndef GP_MODEL_H
#define GP_MODEL_H

#include "lib/base/conf.h"

/* USD per million tokens; negative: unknown. */
struct gp_price {
	double in, cached, write, out;
	double in_long, out_long; /* beyond long_from input tokens; negative: no such step */
	long long long_from;
	char date[16]; /* of the table's row */
};

struct gp_model {
	char *api;        /* a dialect's name: "responses" */
	char *url;        /* base, without a trailing slash */
	char *name;       /* the id sent */
	char *key;        /* NULL: none; wiped when cleared */
	char *key_origin; /* "environment variable OPENAI_API_KEY", for error messages */
	char *effort;
	long long max_output; /* tokens */
	long idle_ms;
	struct gp_price price;
};
void gp_model_clear(struct gp_model *m);

/* Chooses by --model name (a [model.<name>] section or an id) and settings, else by environment:
 * OPENAI_API_KEY, else ANTHROPIC_API_KEY, else a local server on the usual loopback ports. Takes
 * the key (environment variable or key-command, 5 s) and removes its variable, and every known key
 * variable, from this process's environment. 0; GP_NOTFOUND: none configured, the message names the
 * three ways; GP_REFUSED: a key would travel in clear text; GP_INVALID: unknown api. */
int gp_model_choose(struct gp_model *out, const struct gp_conf *c, const char *name);

/* The price row of a model id: the table installed with us (dated), then price-* settings win.
 * Unknown: all negative. */
void gp_price_find(struct gp_price *out, const char *model);
/* USD for tokens; in includes cached and written ones. Negative when the price is unknown. */
double gp_price_of(const struct gp_price *p, long long in, long long cached, long long written,
                   long long out);

#endif

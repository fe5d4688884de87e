#include "lib/model/model.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/http.h"
#include "lib/base/proc.h"
#include "lib/model/dialects.h"

#define KEY_COMMAND_MS 5000
#define IDLE_MAX_S 86400
#define NAME_MAX_BYTES 200
#define KEY_MAX ((size_t)8192) /* OpenAI takes 64 KiB of headers in all */

/* Where vendors' own clients look for keys. None of them is any child's business. */
static const char *const key_variables[] = {
	"OPENAI_API_KEY",
	"OPENAI_ADMIN_KEY",
	"ANTHROPIC_API_KEY",
	"CODEX_API_KEY",
	"ANTHROPIC_AUTH_TOKEN",
	"AZURE_OPENAI_API_KEY",
	"OPENROUTER_API_KEY",
	"GEMINI_API_KEY",
	"GOOGLE_API_KEY",
	"MISTRAL_API_KEY",
	"GROQ_API_KEY",
	"DEEPSEEK_API_KEY",
	"XAI_API_KEY",
	"TOGETHER_API_KEY",
	"FIREWORKS_API_KEY",
	"CEREBRAS_API_KEY",
	"MOONSHOT_API_KEY",
	"DASHSCOPE_API_KEY",
	"COHERE_API_KEY",
	"HF_TOKEN",
	"AWS_BEARER_TOKEN_BEDROCK",
	"LLM_API_KEY",
};

static void wipe(char **secret)
{
	if (*secret)
		explicit_bzero(*secret, strlen(*secret));
	gp_str_clear(secret);
}

void gp_model_clear(struct gp_model *m)
{
	gp_str_clear(&m->api);
	gp_str_clear(&m->url);
	gp_str_clear(&m->name);
	wipe(&m->key);
	gp_str_clear(&m->key_origin);
	gp_str_clear(&m->effort);
	gp_str_clear(&m->price_unknown);
	*m = (struct gp_model){0};
}

/* unsetenv only forgets where the text is: /proc/<pid>/environ would still show it. */
static void forget_variable(const char *name)
{
	char *value = getenv(name);

	if (value)
		explicit_bzero(value, strlen(value));
	unsetenv(name);
}

static void forget_named(void *ctx, const struct gp_shown *s)
{
	(void)ctx;
	if (s->value && gp_ends(s->key, ".key-env"))
		forget_variable(s->value);
}

void gp_model_forget_keys(const struct gp_conf *c)
{
	gp_conf_each(c, forget_named, NULL);
	for (size_t i = 0; i < GP_COUNT(key_variables); i++)
		forget_variable(key_variables[i]);
}

/* What is set for one model: [model.<section>] and [model] behind it, or [model] alone. */
struct source {
	const struct gp_conf *conf;
	const char *section;
	const struct gp_dialect *dialect;
	char key[512];
};

static const char *key_of(struct source *s, const char *key)
{
	gp_auto(gp_buf) b = {.max = sizeof(s->key) - 1};

	if (s->section)
		gp_buf_fmt(&b, "model.%s.%s", s->section, key);
	else
		gp_buf_fmt(&b, "model.%s", key);
	memcpy(s->key, gp_buf_text(&b), b.n + 1);
	return s->key;
}

static const char *setting(struct source *s, const char *key)
{
	const char *value = gp_conf_str(s->conf, key_of(s, key));

	return value && *value ? value : NULL;
}

static int no_model(const struct source *s)
{
	const char *other = getenv("ANTHROPIC_API_KEY");

	if (other && *other)
		gp_fail(GP_NOTFOUND, "no model is configured: ANTHROPIC_API_KEY is set, but this "
		                     "version speaks the OpenAI Responses API only");
	else
		gp_fail(GP_NOTFOUND, "no model is configured: %s is not set",
		        s->dialect->key_variable);
	gp_hint("set %s, or name a server that speaks the Responses API, also a local one, by "
	        "model.url and model.name, and its key by model.key-env or model.key-command",
	        s->dialect->key_variable);
	return GP_NOTFOUND;
}

static int key_from_variable(struct gp_model *m, struct source *s, const char *name)
{
	const char *value = getenv(name);
	gp_auto(gp_buf) origin = {0};

	if (!value || !*value) {
		gp_fail(GP_NOTFOUND, "cannot find the key: the environment variable %s is not set",
		        name);
		gp_hint("'%s' names it", key_of(s, "key-env"));
		return GP_NOTFOUND;
	}
	m->key = gp_strdup(value);
	gp_buf_fmt(&origin, "environment variable %s", name);
	m->key_origin = gp_buf_take(&origin);
	return 0;
}

/* The vendor's variable goes to the vendor's url alone. */
static int key_from_environment(struct gp_model *m, struct source *s)
{
	const char *name = setting(s, "key-env");
	const char *vendor = getenv(s->dialect->key_variable);

	if (setting(s, "key-command"))
		return 0;
	if (name)
		return key_from_variable(m, s, name);
	if (strcmp(m->url, s->dialect->url) != 0)
		return 0;
	return vendor && *vendor ? key_from_variable(m, s, s->dialect->key_variable) : no_model(s);
}

static int command_failed(const struct gp_proc_result *r)
{
	gp_auto(gp_buf) said = {0};
	struct gp_slice rest = gp_buf_all(&r->err), line = {0};

	if (r->timed_out)
		return gp_fail(GP_REFUSED, "cannot get the key: key-command took longer than %d s",
		               KEY_COMMAND_MS / 1000);
	gp_line(&line, &rest);
	gp_quote_foreign(&said, line, NULL);
	return gp_fail(GP_REFUSED, "cannot get the key: key-command ended with status %d%s%s",
	               r->exit, said.n ? ": " : "", gp_buf_text(&said));
}

static int key_from_command(struct gp_model *m, const char *command)
{
	const char *argv[] = {"/bin/sh", "-c", command, NULL};
	struct gp_proc_spec spec = {
		.argv = argv, .max_out = KEY_MAX, .deadline_ms = KEY_COMMAND_MS};
	gp_auto(gp_proc_result) r = {0};
	struct gp_slice key;
	int e = gp_proc_run(&r, &spec);

	if (e)
		return gp_within(e == GP_STOPPED ? e : GP_REFUSED, "cannot get the key");
	key = gp_trim(gp_buf_all(&r.out));
	e = r.exit == 0 && !r.timed_out ? 0 : command_failed(&r);
	if (!e && key.n == 0)
		e = gp_fail(GP_REFUSED, "cannot get the key: key-command printed nothing");
	if (!e) {
		m->key = gp_strndup(key.p, key.n);
		m->key_origin = gp_strdup("setting key-command");
	}
	if (r.out.p)
		explicit_bzero(r.out.p, r.out.n);
	return e;
}

/* What could end or start another header in it must not get there. */
static int check_key(const struct gp_model *m)
{
	int private;

	if (!m->key)
		return 0;
	if (strlen(m->key) > KEY_MAX)
		return gp_fail(GP_INVALID,
		               "cannot use the key from the %s: it is longer than %zu bytes",
		               m->key_origin, KEY_MAX);
	for (const char *p = m->key; *p; p++)
		if (*p <= ' ' || *p > '~')
			return gp_fail(
				GP_INVALID,
				"cannot use the key from the %s: it has blanks or characters "
				"that no header may carry",
				m->key_origin);
	private = gp_http_url_private(m->url);
	if (private)
		return private < 0 ? private : 0;
	gp_fail(GP_REFUSED, "cannot send the key to '%s': it would travel in clear text", m->url);
	gp_hint("use https, or http to this machine only");
	return GP_REFUSED;
}

/* The value is not repeated: a url may hold a password. */
static int take_url(struct gp_model *m, struct source *s)
{
	const char *url = setting(s, "url");
	size_t n;

	if (!url)
		url = s->dialect->url;
	n = strlen(url);
	if (!gp_starts(url, "https://") && !gp_starts(url, "http://"))
		return gp_fail(GP_INVALID,
		               "cannot use '%s': it does not begin with https:// or http://",
		               key_of(s, "url"));
	for (size_t i = 0; i < n; i++)
		if (strchr("@?#\\\"", url[i]) || url[i] <= ' ' || url[i] > '~')
			return gp_fail(
				GP_INVALID,
				"cannot use '%s': only a scheme, a host, a port and a path may "
				"stand in it",
				key_of(s, "url"));
	while (n && url[n - 1] == '/')
		n--;
	m->url = gp_strndup(url, n);
	return 0;
}

static int take_dialect(struct gp_model *m, struct source *s)
{
	const char *api = setting(s, "api");
	gp_auto(gp_buf) names = {0};

	s->dialect = gp_dialect_find(api ? api : "responses");
	gp_dialect_names(&names);
	if (!s->dialect)
		return gp_fail(GP_INVALID, "cannot speak the api '%s': this version speaks %s", api,
		               gp_buf_text(&names));
	m->api = gp_strdup(s->dialect->api);
	return 0;
}

/* An id asked for wins. A section may inherit its id from [model], unless what stands there is only
 * the section to use by default. */
static void take_name(struct gp_model *m, struct source *s, const char *given)
{
	const char *name = setting(s, "name"), *preset = gp_conf_str(s->conf, "model.name");

	if (given && !s->section)
		name = given;
	if (s->section && name && preset && strcmp(name, preset) == 0 &&
	    gp_conf_has_model(s->conf, name))
		name = NULL;
	if (!name)
		name = s->section ? s->section : s->dialect->name;
	m->name = gp_strdup(name);
}

static void take_price(struct gp_model *m, struct source *s)
{
	struct gp_price *p = &m->price;
	double was_in, was_out;
	int e = gp_price_find(p, m->name);

	was_in = p->in;
	was_out = p->out;
	if (setting(s, "price-in"))
		p->in = gp_conf_money(s->conf, key_of(s, "price-in"));
	if (setting(s, "price-out"))
		p->out = gp_conf_money(s->conf, key_of(s, "price-out"));
	/* what is not set keeps its proportion to what is */
	if (was_in > 0 && p->in != was_in) {
		p->cached *= p->in / was_in;
		p->write *= p->in / was_in;
		p->in_long *= p->in / was_in;
	}
	if (was_out > 0 && p->out != was_out)
		p->out_long *= p->out / was_out;
	if (setting(s, "price-cached"))
		p->cached = gp_conf_money(s->conf, key_of(s, "price-cached"));
	if (setting(s, "price-write"))
		p->write = gp_conf_money(s->conf, key_of(s, "price-write"));
	if (p->in < 0 || p->out < 0)
		m->price_unknown = gp_strdup(e ? gp_message()
		                               : "model.price-in or model.price-out is not set");
}

/* It goes into requests, the ledger and commits. */
static int check_name(const struct gp_model *m)
{
	gp_auto(gp_buf) seen = {0};

	gp_buf_visible(&seen, gp_slice(m->name));
	if (*m->name && seen.n <= NAME_MAX_BYTES && !strpbrk(m->name, "\n\t") &&
	    gp_slice_is(gp_buf_all(&seen), m->name))
		return 0;
	return gp_fail(GP_INVALID,
	               "cannot use the model '%.80s': no id is empty, longer than %d bytes, or has "
	               "characters that cannot be shown",
	               m->name, NAME_MAX_BYTES);
}

static int choose(struct gp_model *m, struct source *s, const char *given)
{
	const char *effort;
	long long idle;
	int e = take_dialect(m, s);

	if (!e)
		e = take_url(m, s);
	if (e)
		return e;
	take_name(m, s, given);
	e = check_name(m);
	if (e)
		return e;
	effort = setting(s, "effort");
	if (!effort && strcmp(m->url, s->dialect->url) == 0)
		effort = s->dialect->effort;
	m->effort = effort ? gp_strdup(effort) : NULL;
	m->max_output = gp_conf_int(s->conf, key_of(s, "max-output"));
	if (m->max_output < 1)
		return gp_fail(GP_INVALID, "cannot use '%s': without a limit no answer has a price",
		               s->key);
	idle = gp_conf_int(s->conf, key_of(s, "idle-timeout"));
	m->idle_ms = (long)(idle < 0 || idle > IDLE_MAX_S ? IDLE_MAX_S : idle) * 1000;
	take_price(m, s);
	return key_from_environment(m, s);
}

int gp_model_choose(struct gp_model *out, const struct gp_conf *c, const char *name)
{
	struct source s = {.conf = c};
	const char *preset = gp_conf_str(c, "model.name");
	int e;

	gp_model_clear(out);
	if (!name && preset && gp_conf_has_model(c, preset))
		s.section = preset;
	else if (name && gp_conf_has_model(c, name))
		s.section = name;
	e = choose(out, &s, name);
	/* before the command runs: it is a child like any other */
	gp_model_forget_keys(c);
	if (!e && setting(&s, "key-command"))
		e = key_from_command(out, setting(&s, "key-command"));
	if (!e)
		e = check_key(out);
	if (e)
		gp_model_clear(out);
	return e;
}

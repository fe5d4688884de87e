#include "lib/model/turn.h"

#include <string.h>

#define SAVED_SCHEMA 1

static int check_tools(const struct gp_tool *tools, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		gp_auto_json struct cJSON *schema = NULL;

		if (!tools[i].schema)
			continue;
		if (gp_json_parse(&schema, gp_slice(tools[i].schema)))
			return gp_within(GP_INVALID, "cannot offer the tool '%s'", tools[i].name);
		if (!gp_json_is_object(schema))
			return gp_fail(GP_INVALID,
			               "cannot offer the tool '%s': its schema is no object",
			               tools[i].name);
	}
	return 0;
}

int gp_talk_new(struct gp_talk **out, struct gp_loop *l, const struct gp_model *m,
                const char *instructions, const struct gp_tool *tools, size_t ntools,
                const char *cache_key)
{
	const struct gp_dialect *dialect = gp_dialect_find(m->api);
	gp_auto(gp_buf) body = {0};
	struct gp_talk *t;
	int e = check_tools(tools, ntools);

	if (e)
		return e;
	if (!dialect)
		return gp_fail(GP_INVALID, "cannot speak the api '%s'", m->api);
	t = gp_alloc(sizeof(*t));
	t->loop = l;
	t->dialect = dialect;
	t->instructions = gp_strdup(instructions ? instructions : "");
	t->cache_key = cache_key ? gp_strdup(cache_key) : NULL;
	t->prelude = (struct gp_prelude){.model = m,
	                                 .instructions = t->instructions,
	                                 .tools = tools,
	                                 .ntools = ntools,
	                                 .cache_key = t->cache_key};
	e = gp_talk_body(&body, t, 0);
	t->fixed = body.n;
	if (e)
		gp_talk_free(&t);
	*out = t;
	return e;
}

int gp_talk_ready(const struct gp_talk *t GP_UNUSED)
{
	return gp_http_load();
}

void gp_talk_free(struct gp_talk **t)
{
	struct gp_talk *it = *t;

	if (!it)
		return;
	gp_talk_cancel(it);
	gp_talk_close_all(it);
	gp_list_clear(&it->history.items);
	gp_free(it->instructions);
	gp_free(it->cache_key);
	gp_free(it->open);
	gp_free(it);
	*t = NULL;
}

static void append(struct gp_history *h, const struct cJSON *item)
{
	gp_auto(gp_buf) text = {0};

	/* what came in one answer or argument is far below the limit of a buffer */
	if (gp_json_print(&text, item))
		return;
	gp_list_addn(&h->items, text.p, text.n);
	h->bytes += text.n;
}

static void append_own(struct gp_history *h, struct cJSON *item)
{
	append(h, item);
	gp_json_clear(&item);
}

int gp_talk_say(struct gp_talk *t, struct gp_slice text)
{
	if (t->running)
		return gp_fail(GP_INVALID, "cannot add a message: a turn is under way");
	append_own(&t->history, t->dialect->message(text));
	return 0;
}

static struct gp_open *find_open(const struct gp_talk *t, const char *id)
{
	for (size_t i = 0; i < t->nopen; i++)
		if (strcmp(t->open[i].id, id) == 0)
			return &t->open[i];
	return NULL;
}

static void drop_open(struct gp_talk *t, size_t i)
{
	gp_free(t->open[i].id);
	gp_json_clear(&t->open[i].reply);
	memmove(&t->open[i], &t->open[i + 1], (t->nopen - i - 1) * sizeof(*t->open));
	t->nopen--;
}

int gp_talk_answer(struct gp_talk *t, const char *call_id, struct gp_slice text)
{
	struct gp_open *open = find_open(t, call_id);

	if (!open || open->reply)
		return gp_fail(GP_INVALID, "cannot answer the call '%s': no such call is open",
		               call_id);
	open->reply = t->dialect->reply(call_id, open->freeform, text);
	if (!t->running) {
		append(&t->history, open->reply);
		drop_open(t, (size_t)(open - t->open));
	}
	return 0;
}

size_t gp_talk_open_calls(const struct gp_talk *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->nopen; i++)
		n += !t->open[i].reply;
	return n;
}

const char *gp_talk_open_id(const struct gp_talk *t, size_t i)
{
	for (size_t k = 0; k < t->nopen; k++)
		if (!t->open[k].reply && i-- == 0)
			return t->open[k].id;
	return NULL;
}

void gp_talk_open(struct gp_talk *t, const char *id, bool freeform)
{
	t->open = gp_realloc(t->open, (t->nopen + 1) * sizeof(*t->open));
	t->open[t->nopen++] = (struct gp_open){gp_strdup(id), freeform, NULL};
}

void gp_talk_close_all(struct gp_talk *t)
{
	while (t->nopen)
		drop_open(t, t->nopen - 1);
}

void gp_talk_settle(struct gp_talk *t, struct gp_answer *a)
{
	bool whole = a->ended && a->end == GP_TURN_DONE;

	if (!whole && a->calls == 0)
		return;
	if (!whole)
		t->dialect->trim(a);
	for (size_t i = 0; i < a->n; i++)
		append(&t->history, a->v[i].item);
	for (size_t i = 0; i < t->nopen;)
		if (t->open[i].reply) {
			append(&t->history, t->open[i].reply);
			drop_open(t, i);
		} else {
			i++;
		}
}

size_t gp_talk_size(const struct gp_talk *t)
{
	size_t n = t->history.items.n;

	return t->fixed + t->history.bytes + (n ? n - 1 : 0);
}

int gp_talk_body(struct gp_buf *out, const struct gp_talk *t, long long max_output)
{
	return t->dialect->body(out, &t->prelude, &t->history,
	                        max_output > 0 ? max_output : t->prelude.model->max_output);
}

struct cJSON *gp_talk_save(const struct gp_talk *t)
{
	struct cJSON *o = gp_json_object(), *items = gp_json_array(), *item;

	gp_json_put_int(o, "schema", SAVED_SCHEMA);
	gp_json_put_str(o, "api", t->dialect->api);
	for (size_t i = 0; i < t->history.items.n; i++)
		if (gp_json_parse(&item, gp_slice(t->history.items.v[i])) == 0)
			gp_json_push(items, item);
	gp_json_put(o, "items", items);
	return o;
}

/* Which calls are open is not saved but read off the items, so the two cannot disagree. */
static int load_item(struct gp_talk *t, const struct cJSON *item)
{
	const char *id = NULL;
	enum gp_item_kind kind = t->dialect->kind(item, &id);
	struct gp_open *open = id ? find_open(t, id) : NULL;

	if (!gp_json_is_object(item))
		return gp_fail(GP_INVALID, "an item is no object");
	if (kind == GP_ITEM_ANSWER && !open)
		return gp_fail(GP_INVALID, "an answer without its call");
	if (kind == GP_ITEM_ANSWER)
		drop_open(t, (size_t)(open - t->open));
	if ((kind == GP_ITEM_FUNCTION || kind == GP_ITEM_FREEFORM) && (!id || open))
		return gp_fail(GP_INVALID, "a call without an id of its own");
	if (kind == GP_ITEM_FUNCTION || kind == GP_ITEM_FREEFORM)
		gp_talk_open(t, id, kind == GP_ITEM_FREEFORM);
	append(&t->history, item);
	return 0;
}

int gp_talk_load(struct gp_talk *t, const struct cJSON *saved)
{
	struct gp_talk scratch = {.dialect = t->dialect};
	const char *api = gp_json_str(saved, "api");
	const struct cJSON *items = gp_json_get(saved, "items");
	int e = 0;

	if (t->running)
		return gp_fail(GP_INVALID, "cannot load a conversation: a turn is under way");
	if (gp_json_int(saved, "schema", 0) != SAVED_SCHEMA || !api ||
	    strcmp(api, t->dialect->api) != 0 || !gp_json_is_array(items))
		return gp_fail(GP_INVALID, "cannot load the conversation: it was not saved by "
		                           "this version with the same api");
	for (struct cJSON *i = gp_json_first(items); i && !e; i = gp_json_next(i))
		e = load_item(&scratch, i);
	if (!e) {
		struct gp_talk old = *t;

		t->history = scratch.history;
		t->open = scratch.open;
		t->nopen = scratch.nopen;
		scratch.history = old.history;
		scratch.open = old.open;
		scratch.nopen = old.nopen;
	}
	gp_talk_close_all(&scratch);
	gp_free(scratch.open);
	gp_list_clear(&scratch.history.items);
	return e ? gp_within(e, "cannot load the conversation") : 0;
}

#include "lib/model/dialects.h"

#include <string.h>

#define QUOTE_MAX ((size_t)500)

static const struct gp_dialect *const dialects[] = {&gp_dialect_responses};

const struct gp_dialect *gp_dialect_find(const char *api)
{
	for (size_t i = 0; i < GP_COUNT(dialects); i++)
		if (strcmp(dialects[i]->api, api) == 0)
			return dialects[i];
	return NULL;
}

void gp_dialect_names(struct gp_buf *out)
{
	for (size_t i = 0; i < GP_COUNT(dialects); i++)
		gp_buf_fmt(out, "%s%s", i ? ", " : "", dialects[i]->api);
}

static void hide(struct gp_buf *out, struct gp_slice text, const char *secret)
{
	const char *at;

	while (secret && *secret && (at = gp_find(text, secret))) {
		gp_buf_add(out, text.p, (size_t)(at - text.p));
		gp_buf_str(out, "[key]");
		at += strlen(secret);
		text.n -= (size_t)(at - text.p);
		text.p = at;
	}
	gp_buf_slice(out, text);
}

void gp_quote_foreign(struct gp_buf *out, struct gp_slice text, const char *secret)
{
	gp_auto(gp_buf) hidden = {0};
	gp_auto(gp_buf) line = {0};
	bool cut;

	/* before the cut, which may go through the middle of it */
	hide(&hidden, gp_trim(text), secret);
	text = gp_buf_all(&hidden);
	cut = text.n > QUOTE_MAX;
	if (cut)
		text.n = QUOTE_MAX;
	/* half a sequence would show as \x.. */
	while (cut && text.n && ((unsigned char)text.p[text.n] & 0xc0) == 0x80)
		text.n--;
	gp_buf_visible(&line, text);
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] == '\n' || line.p[i] == '\t')
			line.p[i] = ' ';
	gp_buf_fmt(out, "%s%s", gp_buf_text(&line), cut ? "..." : "");
}

void gp_error_read(struct gp_error *out, const struct cJSON *error)
{
	const char *code = gp_json_str(error, "code"), *type = gp_json_str(error, "type");
	const char *text = gp_json_text(error);

	*out = (struct gp_error){.status = gp_json_int(error, "code", 0)};
	out->word = code && *code ? code : type ? type : "";
	/* a bare error event's own type says nothing */
	if (strcmp(out->word, "error") == 0)
		out->word = "";
	gp_buf_fmt(&out->all, "%s %s", code ? code : "", type ? type : "");
	if (!text)
		text = gp_json_str(error, "message");
	out->text = gp_slice(text ? text : "");
}

void gp_error_clear(struct gp_error *e)
{
	gp_buf_clear(&e->all);
}

static bool mentions(const char *code, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(code, words[i]))
			return true;
	return false;
}

/* Words before numbers: 429 also stands for an empty account, 400 for a policy. */
struct gp_trouble gp_trouble_of(long long status, const char *code)
{
	static const char *const declined[] = {"policy", "invalid_prompt", "content_filter"};
	static const char *const account[] = {"insufficient_quota", "billing", "invalid_api_key",
	                                      "authentication", "permission"};
	static const char *const request[] = {"invalid_request", "not_found", "unsupported"};
	struct gp_trouble t = {GP_TURN_FAILED, GP_FAILED, true};

	if (status >= 500 || status == 408 || status == 409)
		return t;
	t.transient = false;
	if (mentions(code, declined, GP_COUNT(declined)))
		return (struct gp_trouble){GP_TURN_REFUSED, GP_REFUSED, false};
	if (mentions(code, account, GP_COUNT(account)) || (status >= 401 && status <= 403))
		t.code = GP_REFUSED;
	else if (strstr(code, "context_length") || status == 413)
		t.code = GP_LIMIT;
	else if (status != 429 && (status >= 400 || mentions(code, request, GP_COUNT(request))))
		t.code = GP_INVALID;
	else
		t.transient = status == 0 || status == 429;
	return t;
}

void gp_answer_clear(struct gp_answer *a)
{
	for (size_t i = 0; i < a->n; i++)
		gp_json_clear(&a->v[i].item);
	gp_buf_clear(&a->text);
	gp_buf_clear(&a->refusal);
	gp_buf_clear(&a->why);
	a->n = 0;
}

int gp_answer_keep(struct gp_answer *a, long long index, struct cJSON *item)
{
	size_t at = a->n;

	if (a->n == GP_ANSWER_ITEMS) {
		gp_json_clear(&item);
		return gp_fail(GP_LIMIT, "the answer has more than %d items", GP_ANSWER_ITEMS);
	}
	if (index < 0)
		index = a->n ? a->v[a->n - 1].index : 0;
	while (at > 0 && a->v[at - 1].index > index)
		at--;
	memmove(&a->v[at + 1], &a->v[at], (a->n - at) * sizeof(*a->v));
	a->v[at] = (struct gp_answer_item){index, item};
	a->n++;
	return 0;
}

void gp_answer_end(struct gp_answer *a, enum gp_turn_end end, int code, const char *what,
                   struct gp_slice text)
{
	a->ended = true;
	a->end = end;
	a->code = code;
	gp_buf_cut(&a->why, 0);
	gp_buf_str(&a->why, what);
	if (text.n) {
		gp_buf_str(&a->why, ": ");
		gp_quote_foreign(&a->why, text, a->secret);
	}
}

const struct gp_tool *gp_answer_tool(const struct gp_answer *a, const char *name)
{
	for (size_t i = 0; i < a->ntools; i++)
		if (strcmp(a->tools[i].name, name) == 0)
			return &a->tools[i];
	return NULL;
}

size_t gp_answer_bytes(const struct gp_answer *a)
{
	gp_auto(gp_buf) text = {0};

	for (size_t i = 0; i < a->n; i++)
		gp_json_print(&text, a->v[i].item);
	return text.n > a->bytes ? text.n : a->bytes;
}

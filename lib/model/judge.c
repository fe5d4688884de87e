#include "lib/model/turn.h"

#include <string.h>

static const struct gp_slice none;

void gp_outcome_clear(struct gp_outcome *o)
{
	gp_buf_clear(&o->why);
	gp_buf_clear(&o->hint);
}

void gp_judge_answer(struct gp_outcome *out, const struct gp_answer *a)
{
	out->is = (struct gp_trouble){a->end, a->code, a->transient};
	out->wait_ms = -1;
	gp_buf_slice(&out->why, gp_buf_all(&a->why));
}

void gp_judge_code(struct gp_outcome *out, int code)
{
	out->is = (struct gp_trouble){GP_TURN_FAILED, code, false};
	out->wait_ms = -1;
	if (code == 0) {
		out->is.code = GP_BROKEN;
		gp_buf_str(&out->why, "the answer ended before its last event");
	} else {
		gp_buf_str(&out->why, gp_message());
	}
	out->is.transient = out->is.code == GP_BROKEN || out->is.code == GP_TIMEOUT;
}

/* {"error": {...}}, {"error": "text"}, {"object": "error", ...}, {"detail": "text"} and plain
 * {"code", "message"}; NULL when it looks like none of them. */
static const struct cJSON *error_of(const struct cJSON *page)
{
	const struct cJSON *e = gp_json_get(page, "error");
	const char *object = gp_json_str(page, "object");

	if (e)
		return e;
	if ((object && strcmp(object, "error") == 0) || gp_json_str(page, "message"))
		return page;
	return gp_json_get(page, "detail");
}

static bool is_web_page(const struct gp_http_answer *a)
{
	return strcmp(a->type, "text/html") == 0 || strcmp(a->type, "application/xhtml+xml") == 0;
}

static void judge_kind(struct gp_outcome *out, const struct gp_http_answer *a)
{
	out->is = (struct gp_trouble){GP_TURN_FAILED, GP_BROKEN, false};
	if (is_web_page(a))
		gp_buf_fmt(&out->why,
		           "the server answered with a web page (%s) instead of an event stream",
		           a->type);
	else if (*a->type)
		gp_buf_fmt(&out->why, "the server answered with %s instead of an event stream",
		           a->type);
	else
		gp_buf_str(&out->why, "the server answered without a content type");
	gp_buf_str(
		&out->hint,
		"check model.url; a proxy or a login page may stand between here and the server");
}

/* The server's own word on whether to try again counts, but not against a refused key. */
static void obey(struct gp_outcome *out, const struct gp_http_answer *a)
{
	if (a->should_retry >= 0 && out->is.code != GP_REFUSED)
		out->is.transient = a->should_retry == 1;
	out->wait_ms = a->retry_after_ms;
}

static void tell_key(struct gp_outcome *out, const struct gp_model *m, int status)
{
	if (status != 401 && status != 403)
		return;
	if (m->key_origin)
		gp_buf_fmt(&out->why, "; the key came from the %s", m->key_origin);
	else
		gp_buf_str(&out->why, "; no key was sent, because none is set for this url");
	gp_buf_str(&out->hint, "check the key, and that it may use this model at model.url");
}

static void judge_error(struct gp_outcome *out, const struct gp_model *m,
                        const struct gp_http_answer *a, const struct cJSON *error,
                        struct gp_slice plain)
{
	gp_auto(gp_error) e = {0};

	gp_error_read(&e, error);
	if (a->status >= 400)
		e.status = a->status;
	out->is = gp_trouble_of(e.status, gp_buf_text(&e.all));
	gp_buf_fmt(&out->why, "the server answered %d", a->status);
	if (*e.word) {
		gp_buf_str(&out->why, " (");
		gp_quote_foreign(&out->why, gp_slice(e.word), m->key);
		gp_buf_chr(&out->why, ')');
	}
	if (!e.text.n)
		e.text = is_web_page(a) ? GP_SLICE("a web page") : plain;
	if (gp_trim(e.text).n) {
		gp_buf_str(&out->why, ": ");
		gp_quote_foreign(&out->why, e.text, m->key);
	}
	if (*a->request_id) {
		gp_buf_str(&out->why, " [");
		gp_quote_foreign(&out->why, gp_slice(a->request_id), m->key);
		gp_buf_chr(&out->why, ']');
	}
	tell_key(out, m, a->status);
}

void gp_judge_page(struct gp_outcome *out, const struct gp_model *m, const struct gp_http_answer *a,
                   struct gp_slice page)
{
	gp_auto_json struct cJSON *j = NULL;
	const struct cJSON *error = NULL;

	out->wait_ms = -1;
	if (!is_web_page(a) && gp_json_parse(&j, page) == 0)
		error = error_of(j);
	if (a->status / 100 == 3) {
		out->is = (struct gp_trouble){GP_TURN_FAILED, GP_INVALID, false};
		gp_buf_fmt(&out->why, "the server answered %d, and redirects are not followed",
		           a->status);
		gp_buf_str(&out->hint, "set model.url to where it redirects to");
	} else if (a->status >= 400 || error) {
		judge_error(out, m, a, error, a->status >= 400 && !j ? page : none);
		obey(out, a);
	} else {
		judge_kind(out, a);
	}
}

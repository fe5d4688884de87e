#include "cmd/cmd.h"
#include "lib/base/json.h"

#define PATCH_MAX ((size_t)4 << 20)

static void tell(void *ctx, const struct gp_shown *s)
{
	struct cJSON *j = gp_json_object();

	gp_json_put_str(j, "key", s->key);
	gp_json_put_str(j, "value", s->value);
	gp_json_put_str(j, "origin", s->value ? s->origin : "not set");
	gp_json_put_str(j, "file", s->file);
	if (s->file)
		gp_json_put_int(j, "line", s->line);
	gp_term_event(ctx, "setting", j);
}

enum gp_status gp_cmd_settings(struct gp_cmd *c)
{
	gp_auto(gp_buf) text = {0};

	if (gp_term_json(c->term))
		gp_conf_each(c->conf, tell, c->term);
	gp_conf_show(&text, c->conf);
	gp_term_text(c->term, gp_buf_all(&text));
	return GP_STATUS_OK;
}

enum gp_status gp_cmd_patch(struct gp_cmd *c, const char *path, const char *base)
{
	gp_auto(gp_buf) text = {.max = PATCH_MAX};
	gp_auto(gp_buf) why = {0};
	struct cJSON *j;
	struct gp_oid tree;
	int e = gp_cmd_read(&text, path, PATCH_MAX);

	if (!e)
		e = gp_preview_apply(&tree, c->repo, base, gp_buf_all(&text), &why);
	if (e && !(e == GP_INVALID && why.n))
		return gp_cmd_fail(c, GP_STATUS_FATAL);
	j = gp_json_object();
	if (e) {
		gp_fail(e, "the patch does not apply");
		gp_cmd_fail(c, GP_STATUS_NO);
		gp_term_quote(c->term, gp_buf_all(&why));
		gp_json_put_bytes(j, "reason", gp_buf_all(&why));
	} else {
		gp_term_result(c->term, "%s", tree.hex);
		gp_json_put_str(j, "tree", tree.hex);
	}
	gp_term_event(c->term, "patch", j);
	return e ? GP_STATUS_NO : GP_STATUS_OK;
}

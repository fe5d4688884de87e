#include "lib/preview/signature.h"

#include "lib/base/json.h"

void gp_signature_clear(struct gp_signature *s)
{
	gp_buf_clear(&s->signer);
	*s = (struct gp_signature){0};
}

int gp_signature_check(struct gp_signature *out, struct gp_repo *r, const struct gp_record *record)
{
	gp_auto(gp_buf) plain = {0};
	const char *seal;

	if (!record->json)
		return 0;
	seal = gp_record_plain(&plain, record->json, gp_buf_all(&record->text));
	out->state = gp_json_get(record->json, "signature") ? 'B' : 0;
	return seal ? gp_repo_unseal(&out->state, &out->signer, r, seal, gp_buf_all(&plain)) : 0;
}

enum gp_seal gp_signature_means(const struct gp_signature *s)
{
	switch (s->state) {
	case 0:
		return GP_SEAL_NONE;
	case 'G':
		return GP_SEAL_GOOD;
	case 'B':
	case 'R':
		return GP_SEAL_BAD;
	default:
		return GP_SEAL_STRANGE;
	}
}

void gp_signature_text(struct gp_buf *out, const struct gp_signature *s)
{
	const char *who = s->signer.n ? gp_buf_text(&s->signer) : "an unknown key";

	switch (s->state) {
	case 0:
		gp_buf_str(out, "none");
		return;
	case 'G':
		gp_buf_fmt(out, "good, by %s", who);
		return;
	case 'U':
		gp_buf_fmt(out, "good, but nothing says whose it is: %s", who);
		return;
	case 'X':
	case 'Y':
		gp_buf_fmt(out, "good, by %s, but expired", who);
		return;
	case 'B':
		gp_buf_str(out, "not of this record");
		return;
	case 'R':
		gp_buf_str(out, "by a revoked key");
		return;
	default:
		gp_buf_str(out, "cannot be checked here: git knows no key of the signer");
	}
}

#include <string.h>
#include <yaml.h>

#include "lib/base/late.h"
#include "lib/vet/toml.h"

#define DEEP 64
#define VALUES 1000000
#define ANCHORS 10000
#define LOOKED 50000000

/* What is used of libyaml, by its own types. */
#define FUNCTIONS(x)                                                                               \
	x(yaml_parser_initialize) x(yaml_parser_delete) x(yaml_parser_set_input_string)            \
		x(yaml_parser_parse) x(yaml_event_delete)

#define MEMBER(f) __typeof__(&f) f;
#define NAME(f) #f,

static struct {
	FUNCTIONS(MEMBER)
} lib;

struct anchor {
	char *name, *text;
};

struct yaml {
	yaml_parser_t parser;
	struct cJSON *open[DEEP + 1]; /* open[0]: the documents */
	char *key[DEEP + 1];          /* of the value that comes next in an object */
	size_t depth, values;
	struct anchor *anchors;
	size_t nanchors, looked;
};

static void yaml_clear(struct yaml *y)
{
	lib.yaml_parser_delete(&y->parser);
	for (size_t i = 0; i <= DEEP; i++)
		gp_free(y->key[i]);
	for (size_t i = 0; i < y->nanchors; i++) {
		gp_free(y->anchors[i].name);
		gp_free(y->anchors[i].text);
	}
	gp_free(y->anchors);
}

static int bind(void)
{
	static const char *const names[] = {FUNCTIONS(NAME)};

	return lib.yaml_event_delete
	               ? 0
	               : gp_late_bind((void **)&lib, GP_LIBYAML_SO, names, GP_COUNT(names));
}

static int bad(const struct yaml *y, const char *why)
{
	return gp_fail(GP_INVALID, "cannot read YAML in line %zu: %s", y->parser.mark.line + 1,
	               why);
}

/* Puts v where the next value goes. */
static int place(struct yaml *y, struct cJSON *v)
{
	struct cJSON *into = y->open[y->depth];

	if (gp_json_is_object(into)) {
		gp_json_append(into, y->key[y->depth] ? y->key[y->depth] : "", v);
		gp_free(y->key[y->depth]);
		y->key[y->depth] = NULL;
	} else {
		gp_json_push(into, v);
	}
	return ++y->values > VALUES ? bad(y, "too many values") : 0;
}

static bool wants_key(const struct yaml *y)
{
	return gp_json_is_object(y->open[y->depth]) && !y->key[y->depth];
}

static int on_text(struct yaml *y, const char *text)
{
	if (wants_key(y)) {
		y->key[y->depth] = gp_strdup(text);
		return 0;
	}
	return place(y, gp_json_string(text));
}

static int on_scalar(struct yaml *y, const yaml_event_t *ev)
{
	const char *text = (const char *)ev->data.scalar.value;
	const char *name = (const char *)ev->data.scalar.anchor;
	bool plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

	if (memchr(text, 0, ev->data.scalar.length))
		return bad(y, "a NUL");
	if (name) {
		if (y->nanchors == ANCHORS)
			return bad(y, "too many anchors");
		y->anchors = gp_realloc(y->anchors, (y->nanchors + 1) * sizeof(*y->anchors));
		y->anchors[y->nanchors++] = (struct anchor){gp_strdup(name), gp_strdup(text)};
	}
	if (!wants_key(y) && plain && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
		return place(y, gp_json_boolean(*text == 't'));
	return on_text(y, text);
}

static int on_alias(struct yaml *y, const char *name)
{
	y->looked += y->nanchors;
	if (y->looked > LOOKED)
		return bad(y, "too many aliases");
	for (size_t i = y->nanchors; i-- > 0;)
		if (strcmp(y->anchors[i].name, name) == 0)
			return on_text(y, y->anchors[i].text);
	return on_text(y, "");
}

static int on_open(struct yaml *y, struct cJSON *v)
{
	int e;

	/* a collection as a key: a name nobody asks for */
	if (wants_key(y))
		y->key[y->depth] = gp_strdup("");
	if (y->depth == DEEP) {
		gp_json_clear(&v);
		return bad(y, "too deep");
	}
	e = place(y, v);
	y->open[++y->depth] = v;
	return e;
}

static void on_close(struct yaml *y)
{
	gp_free(y->key[y->depth]);
	y->key[y->depth--] = NULL;
}

static int on_event(struct yaml *y, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return on_scalar(y, ev);
	case YAML_ALIAS_EVENT:
		return on_alias(y, (const char *)ev->data.alias.anchor);
	case YAML_MAPPING_START_EVENT:
		return on_open(y, gp_json_object());
	case YAML_SEQUENCE_START_EVENT:
		return on_open(y, gp_json_array());
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		on_close(y);
		return 0;
	default:
		return 0;
	}
}

int gp_yaml_parse(struct cJSON **out, struct gp_slice text)
{
	gp_auto_json struct cJSON *docs = gp_json_array();
	struct yaml y = {.open = {docs}};
	bool more = true;
	int e = bind();

	*out = NULL;
	if (e)
		return e;
	if (!gp_utf8_valid(text))
		return gp_fail(GP_INVALID, "cannot read YAML: not UTF-8");
	if (!lib.yaml_parser_initialize(&y.parser))
		return gp_fail(GP_FAILED, "cannot start libyaml");
	lib.yaml_parser_set_input_string(&y.parser, (const unsigned char *)text.p, text.n);
	while (!e && more) {
		yaml_event_t ev;

		if (!lib.yaml_parser_parse(&y.parser, &ev)) {
			e = bad(&y, y.parser.problem ? y.parser.problem : "malformed");
			break;
		}
		e = on_event(&y, &ev);
		more = ev.type != YAML_STREAM_END_EVENT;
		lib.yaml_event_delete(&ev);
	}
	yaml_clear(&y);
	if (e)
		return e;
	*out = docs;
	docs = NULL;
	return 0;
}

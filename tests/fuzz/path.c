#include <stdlib.h>
#include <string.h>

#include "lib/patch/patch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
	if (!claim)
		abort();
}

/* What passes is a path that stays where it is put: said again here in other words. */
static void check_passed(struct gp_slice path)
{
	gp_auto_str char *text = gp_strndup(path.p, path.n);
	char *save = NULL;

	must(path.n > 0 && path.n < 4096 && strlen(text) == path.n);
	must(gp_utf8_valid(path) && !strchr(text, '\\') && !strchr("/~", text[0]));
	must(text[path.n - 1] != '/' && !strstr(text, "//"));
	for (char *part = strtok_r(text, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		must(strcmp(part, ".") != 0 && strcmp(part, "..") != 0);
		must(strcasecmp(part, ".git") != 0 && strncasecmp(part, ".git:", 5) != 0);
		must(strcasecmp(part, "git~1") != 0 && strcasecmp(part, ".git.") != 0);
	}
}

/* Folding is stable: a key folds to itself. */
static void check_fold(struct gp_slice path)
{
	gp_auto(gp_buf) once = {0};
	gp_auto(gp_buf) twice = {0};

	gp_path_fold(&once, path);
	gp_path_fold(&twice, gp_buf_all(&once));
	must(gp_slice_eq(gp_buf_all(&once), gp_buf_all(&twice)));
	must(!gp_utf8_valid(path) || gp_utf8_valid(gp_buf_all(&once)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gp_slice path = {(const char *)data, size};
	gp_auto(gp_buf) why = {0};
	int e = gp_path_check(path, &why);

	if (e == 0) {
		check_passed(path);
	} else {
		must(e == GP_REFUSED && why.n > 0 && why.n < 600);
		must(gp_utf8_valid(gp_buf_all(&why)) && !memchr(why.p, '\n', why.n));
	}
	check_fold(path);
	return 0;
}

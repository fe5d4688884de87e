#include "lib/base/data.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"

/* The folder of the running program, with its '/'; nothing where /proc is not there. */
static void beside_program(struct gp_buf *out)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe));
	const char *slash = n > 0 && (size_t)n < sizeof(exe) ? memrchr(exe, '/', (size_t)n) : NULL;

	if (slash)
		gp_buf_add(out, exe, (size_t)(slash + 1 - exe));
}

int gp_data_read(struct gp_buf *out, struct gp_buf *path, const char *env, const char *name,
                 size_t max)
{
	const char *set = env ? getenv(env) : NULL;
	int e = GP_NOTFOUND;

	if (set && *set) {
		gp_buf_str(path, set);
		return gp_file_read(out, AT_FDCWD, gp_buf_text(path), max, false);
	}
	beside_program(path);
	if (path->n && gp_buf_str(path, name) == 0)
		e = gp_file_read(out, AT_FDCWD, gp_buf_text(path), max, false);
	if (e != GP_NOTFOUND)
		return e;
	gp_buf_cut(path, 0);
	gp_buf_fmt(path, "%s/%s", GP_DATADIR, name);
	return gp_file_read(out, AT_FDCWD, gp_buf_text(path), max, false);
}

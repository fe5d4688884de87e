#include "lib/base/late.h"

#include <dlfcn.h>

int gp_late_bind(void **table, const char *soname, const char *const *names, size_t n)
{
	void *lib = gp_edge("dlopen") ? NULL : dlopen(soname, RTLD_NOW | RTLD_LOCAL);

	if (!lib) {
		gp_fail(GP_NOTFOUND, "cannot load '%s'", soname);
		gp_hint("install the package that has it; 'make deps' lists them all");
		return GP_NOTFOUND;
	}
	for (size_t i = 0; i < n; i++) {
		table[i] = dlsym(lib, names[i]);
		if (!table[i]) {
			gp_fail(GP_NOTFOUND, "cannot find '%s' in '%s'", names[i], soname);
			gp_hint("the installed version is older than the one this was built with");
			return GP_NOTFOUND;
		}
	}
	return 0;
}

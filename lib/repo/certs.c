#include "lib/repo/libgit2.h"

#include <dlfcn.h>
#include <string.h>

/* libgit2 as Debian builds it reads every CA certificate of the system while it starts, 3 to 7 ms,
 * for transports that are never used here: git itself fetches and pushes. Nothing of libgit2's
 * turns that off, so these two stand before mbedtls' own (the Makefile exports them) and are empty
 * while libgit2 starts, and only then. */
static bool starting;

void gp_git2_starting(bool yes)
{
	starting = yes;
}

#define MBEDTLS_ERR_X509_FILE_IO_ERROR (-0x2900)

static int pass_on(const char *name, void *chain, const char *path)
{
	int (*real)(void *chain, const char *path);
	void *symbol = starting ? NULL : dlsym(RTLD_NEXT, name);

	if (starting)
		return 0;
	if (!symbol)
		return MBEDTLS_ERR_X509_FILE_IO_ERROR;
	memcpy(&real, &symbol, sizeof(real));
	return real(chain, path);
}

int mbedtls_x509_crt_parse_path(void *chain, const char *path);
int mbedtls_x509_crt_parse_path(void *chain, const char *path)
{
	return pass_on("mbedtls_x509_crt_parse_path", chain, path);
}

int mbedtls_x509_crt_parse_file(void *chain, const char *path);
int mbedtls_x509_crt_parse_file(void *chain, const char *path)
{
	return pass_on("mbedtls_x509_crt_parse_file", chain, path);
}

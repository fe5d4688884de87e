#include "lib/patch/patch.h"

#include <stdlib.h>
#include <unicase.h>

#include "lib/base/late.h"

/* Loaded for the first name that is not ASCII: most patches have none. */
static bool fold_unicode(struct gp_buf *out, struct gp_slice path)
{
	static const char *const names[] = {"u8_casefold", "uninorm_nfd"};
	static void *table[2];
	__typeof__(&u8_casefold) casefold;
	uint8_t *folded;
	size_t n = 0;

	if (!table[1] && gp_late_bind(table, GP_UNISTRING_SO, names, 2))
		return false;
	*(void **)&casefold = table[0];
	folded = casefold((const uint8_t *)path.p, path.n, NULL, table[1], NULL, &n);
	if (folded)
		gp_buf_add(out, folded, n);
	free(folded);
	return folded != NULL;
}

void gp_path_fold(struct gp_buf *out, struct gp_slice path)
{
	size_t plain = 0;

	while (plain < path.n && (unsigned char)path.p[plain] < 0x80)
		plain++;
	/* not UTF-8: no file system composes what it cannot read */
	if (plain < path.n && fold_unicode(out, path))
		return;
	for (size_t i = 0; i < path.n; i++)
		gp_buf_chr(out, path.p[i] >= 'A' && path.p[i] <= 'Z' ? (char)(path.p[i] + 32)
		                                                     : path.p[i]);
}

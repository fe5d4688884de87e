/*
 * encoded.h - text within base64 and text in UTF-16, made plain for those who look for words. Pure.
 */
#ifndef GP_VET_ENCODED_H
#define GP_VET_ENCODED_H

#include "lib/base/buf.h"

/* Cuts the next run of base64 characters of at least forty off rest, broken into lines or not;
 * false when there is none. */
bool gp_encoded_next(struct gp_slice *run, struct gp_slice *rest);

/* Appends what a run of base64 stands for (RFC 4648, both alphabets, padding or not). False when
 * it is not text: then out is as it was. */
bool gp_encoded_decode(struct gp_buf *out, struct gp_slice run);

/* Whether text is UTF-16 of mostly Latin letters, by its mark or its zero bytes. */
bool gp_encoded_wide(struct gp_slice text);

/* Appends the low half of each unit ('?' for those above Latin). Returns the bytes that its mark
 * took at the start. */
size_t gp_encoded_narrow(struct gp_buf *out, struct gp_slice text);

#endif

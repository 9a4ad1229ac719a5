/* SPDX-License-Identifier: GPL-2.0-only */
/* Sizes as people write them. */
#ifndef CORBEL_CLI_SIZE_H
#define CORBEL_CLI_SIZE_H

#include <stdint.h>

/* "512M", "2GiB", "268435456": bytes, or with K, M, G or T.  Returns 0 or -1. */
int size_parse(const char *text, uint64_t *bytes);

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * How functions tell why they failed: see error.h.
 */
#include "lib/error.h"

#include <stdarg.h>
#include <stdio.h>

int error_set(struct error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return -1;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How functions tell why they failed: in words, once, where it is known.
 *
 * A function that can fail for a reason the user must hear takes a struct
 * error, fills it with error_set() and returns -1.  The text is one sentence
 * without a final newline: the object, the cause, and the way out if there is
 * one.  Callers pass it on or print it; they need not interpret it.
 */
#ifndef CORBEL_LIB_ERROR_H
#define CORBEL_LIB_ERROR_H

struct error {
	char text[512];
};

/* Set the text, cut to fit, and return -1.  "%m" is the text of errno. */
int error_set(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The number of elements of an array, as the kernel spells it.
 */
#ifndef CORBEL_LIB_ARRAY_H
#define CORBEL_LIB_ARRAY_H

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#endif

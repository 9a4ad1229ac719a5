/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module's pure logic needs of its surroundings: the fixed-width
 * types, bool, size_t and the error numbers.  With this header such code also
 * compiles in userspace, for unit tests under sanitizers and for fuzzing.
 */
#ifndef _CORBEL_PORTABLE_H
#define _CORBEL_PORTABLE_H

#ifdef __KERNEL__

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/types.h>

#else

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define READ_ONCE(x)	(*(const volatile __typeof__(x) *)&(x))

#endif

#endif /* _CORBEL_PORTABLE_H */

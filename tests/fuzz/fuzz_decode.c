// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the instruction decoder, with Zydis as the judge.
 *
 * Looks for byte strings that the unit test's systematic ones miss.  The first
 * byte selects the code size, the rest is what a guest put at its instruction
 * pointer; it lies in a heap block of its own length, so any read past it is
 * found as well.
 */
#include <stdio.h>
#include <stdlib.h>

#include "decode_oracle.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	decode_oracle_init();
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const char *difference;

	if (!size)
		return 0;
	difference = decode_oracle_check(data + 1, size - 1, data[0] % 3);
	if (difference) {
		fprintf(stderr, "%s\n", difference);
		abort();
	}
	return 0;
}

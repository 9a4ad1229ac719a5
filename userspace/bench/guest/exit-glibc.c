// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that only exits, linked statically with libc: starting it adds
 * what libc does before main(), some 33 CPUIDs among it.
 */
int main(void)
{
	return 0;
}

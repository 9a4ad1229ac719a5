// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text that comes from people and from guests is understood or refused: sizes on
 * the command line, and a kernel's last words in whatever pieces its console
 * prints them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the above. */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "cli/size.h"
#include "lib/array.h"
#include "vmm/lastwords.h"

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "0", 0 },
		{ "268435456", 268435456 },
		{ "1k", 1024 },
		{ "512M", 512ULL << 20 },
		{ "2G", 2ULL << 30 },
		{ "2GB", 2ULL << 30 },
		{ "2GiB", 2ULL << 30 },
		{ "1T", 1ULL << 40 },
		{ "16777215T", 16777215ULL << 40 },
		{ "18446744073709551615", UINT64_MAX },
	};
	uint64_t bytes;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(size_parse(good[i].text, &bytes), 0);
		assert_int_equal(bytes, good[i].bytes);
	}
}

static void test_bad_sizes(void **state)
{
	static const char *const bad[] = {
		"", " ", "M", "-1", "+1", " 1", "1 M", "1MM", "1Mi", "1iB",
		"1B", "0x10", "1.5G", "1P", "16777216T",
		"18446744073709551616", "99999999999999999999999",
	};
	uint64_t bytes;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(size_parse(bad[i], &bytes), -1);
}

/* Prints @text in pieces of @step bytes; returns what was heard last. */
static enum lastwords_heard print(struct lastwords *words, const char *text,
				  size_t step)
{
	enum lastwords_heard heard = LASTWORDS_NONE;
	size_t left = strlen(text), n, used;

	while (left) {
		uint8_t *piece;

		n = left < step ? left : step;
		piece = malloc(n);	/* with an end that is watched */
		assert_non_null(piece);
		memcpy(piece, text, n);
		heard = lastwords_hear(words, piece, n, &used);
		free(piece);
		assert_in_range(used, 1, n);
		text += used;
		left -= used;
	}
	return heard;
}

static void test_panic(void **state)
{
	static const char text[] =
		"[    1.0] all is well\r\n"
		"[    2.0] Kernel panic - not syncing: VFS: no root\r\n"
		"[    2.1] CPU: 0 PID: 1 Comm: swapper\r\n"
		"[    2.2] ---[ end Kernel panic - not syncing: VFS: no root ]---\n";
	size_t step;

	(void)state;
	for (step = 1; step <= sizeof(text); step++) {
		struct lastwords words = { .len = 0 };

		assert_int_equal(print(&words, text, step), LASTWORDS_PANIC);
		assert_string_equal(words.panic, "VFS: no root");
	}
}

static void test_halt(void **state)
{
	struct lastwords words = { .len = 0 };

	(void)state;
	assert_int_equal(print(&words, "[ 9.1] reboot: System halted", 7),
			 LASTWORDS_NONE);
	assert_int_equal(print(&words, "\n", 1), LASTWORDS_HALT);
	assert_string_equal(words.panic, "");
}

/* Lines without end, and bytes that are no text, neither overflow nor matter. */
static void test_noise(void **state)
{
	struct lastwords words = { .len = 0 };
	uint8_t noise[4096];
	size_t used, i;

	(void)state;
	for (i = 0; i < sizeof(noise); i++)
		noise[i] = i * 7 % 251;
	for (i = 0; i < 100; i++)
		lastwords_hear(&words, noise, sizeof(noise), &used);
	memset(noise, 'x', sizeof(noise));
	for (i = 0; i < 100; i++)
		assert_int_equal(lastwords_hear(&words, noise, sizeof(noise),
						&used), LASTWORDS_NONE);
	assert_int_equal(print(&words, "\nreboot: System halted\n", 3),
			 LASTWORDS_HALT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_bad_sizes),
		cmocka_unit_test(test_panic),
		cmocka_unit_test(test_halt),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

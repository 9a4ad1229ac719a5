// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of group time: reading the clock and being woken by it.
 */
#include <sys/prctl.h>
#include <time.h>

#include "bench.h"

#define SLEEP_NS	100000

static void run_clock_gettime(unsigned int n)
{
	struct timespec ts;

	while (n--)
		clock_gettime(CLOCK_MONOTONIC, &ts);
}

static void setup_nanosleep(unsigned int ops)
{
	if (prctl(PR_SET_TIMERSLACK, 1))
		die("prctl PR_SET_TIMERSLACK: %m");
}

static void run_nanosleep(unsigned int n)
{
	const struct timespec ts = { .tv_nsec = SLEEP_NS };

	while (n--)
		if (nanosleep(&ts, NULL))
			die("nanosleep: %m");
}

const struct row time_rows[] = {
	{
		.name = "clock_gettime",
		.meaning = "clock_gettime(CLOCK_MONOTONIC) as libc calls it",
		.iters = 10000,
		.run = run_clock_gettime,
	}, {
		.name = "nanosleep_100us",
		.meaning = "lateness of a 100 us sleep, timer slack 1 ns",
		.iters = 20,
		.flags = ROW_EXTRA,
		.base_ns = SLEEP_NS,
		.setup = setup_nanosleep,
		.run = run_nanosleep,
	},
	{ }
};

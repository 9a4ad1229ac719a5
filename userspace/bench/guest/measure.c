// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measuring one row: a warm-up round, then timed rounds, and their median.
 *
 * Time is CLOCK_MONOTONIC.  On an emulator that counts instructions one
 * nanosecond is one instruction, in every system under test if its clocks are
 * right; measure_instruction() lets the reader of the results judge that.
 */
#include <sys/io.h>
#include <time.h>
#include <unistd.h>

#include <corbel/abi.h>

#include "bench.h"

#define CALIBRATE_LOOPS		250000UL
#define CALIBRATE_ROUNDS	11

/* A row that makes no progress for so many seconds of its clock is lost. */
#define ROW_TIME_LIMIT		120

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

/* The least of several short rounds is free of timer ticks. */
double measure_instruction(void)
{
	double least = 0;
	int i;

	for (i = 0; i < CALIBRATE_ROUNDS; i++) {
		unsigned long loops = CALIBRATE_LOOPS;
		double start = now(), ns;

		asm volatile("1: dec %0; jnz 1b" : "+r" (loops));
		ns = now() - start;
		if (!i || ns < least)
			least = ns;
	}
	return least / (2 * CALIBRATE_LOOPS);
}

static int compare_values(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/*
 * The permission for the port is given back at once: a process that has one
 * pays for it at each switch, and its children inherit it.
 */
static void mark(unsigned int number)
{
	if (ioperm(CORBEL_PORT_MARK, sizeof(number), 1))
		die("ioperm for port %#x: %m; marks need root",
		    CORBEL_PORT_MARK);
	outl(number, CORBEL_PORT_MARK);
	ioperm(CORBEL_PORT_MARK, sizeof(number), 0);
}

static void time_rounds(const struct row *row, unsigned int index,
			const struct run_options *opt, double *values)
{
	unsigned int i;

	if (row->setup)
		row->setup(row->iters * (opt->rounds + 1));
	row->run(row->iters);
	if (opt->marks)
		mark(2 * index);
	for (i = 0; i < opt->rounds; i++) {
		double start = now();

		row->run(row->iters);
		values[i] = (now() - start) / row->iters - row->base_ns;
	}
	if (opt->marks)
		mark(2 * index + 1);
}

static void print_row(const struct row *row, const char *group,
		      unsigned int index, unsigned int rounds, double *values)
{
	unsigned int iters = row->once ? 1 : row->iters;

	qsort(values, rounds, sizeof(*values), compare_values);
	printf("@@ row %s index=%u group=%s unit=ns extra=%d", row->name,
	       index, group, !!(row->flags & ROW_EXTRA));
	printf(" iters=%u rounds=%u ops=%u", iters, rounds, iters * rounds);
	printf(" value=%.2f min=%.2f max=%.2f\n", values[rounds / 2],
	       values[0], values[rounds - 1]);
}

/* To be called once in the life of a process: a row leaves things behind. */
void measure_row(const struct row *row, const char *group, unsigned int index,
		 const struct run_options *opt)
{
	static double values[MAX_ROUNDS];
	unsigned int rounds = row->once ? 1 : opt->rounds;

	alarm(ROW_TIME_LIMIT);
	if (row->once)
		values[0] = row->once();
	else
		time_rounds(row, index, opt, values);
	print_row(row, group, index, rounds, values);
}

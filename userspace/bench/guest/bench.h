/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest half of the benchmark: what a row is, and what rows share.
 *
 * A row is one operation.  Each row runs in a freshly executed process of its
 * own: rows cannot influence each other, and what a row maps, opens or starts
 * goes away with its process.  So a row has a setup() and a run(), and no
 * teardown.
 */
#ifndef _BENCH_H
#define _BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE_SIZE	4096UL
#define MIB		(1024 * 1024UL)

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define MAX_ROUNDS	101	/* per row; bounds what rows map in setup() */
#define WORK_DIR	"/mnt"	/* a tmpfs of our own covers it */

#define ROW_EXTRA	0x1	/* stays out of the geometric mean */
#define ROW_QUICK	0x2	/* is in the quick set */

/**
 * struct row - one operation and how to repeat it
 * @name:	unique, the row's name in every table
 * @meaning:	what one operation is, in one line
 * @iters:	operations per round.  A constant, never adapted to the speed
 *		of the machine, so that every system does the same work.  For
 *		short operations a round stays below a timer tick of work, so
 *		that most rounds, and so the median, see no tick.
 * @flags:	ROW_*
 * @base_ns:	part of an operation's time that was asked for, not caused
 * @setup:	prepare for @ops operations in all rounds together (optional)
 * @run:	do @n operations; all that is in here is timed
 * @once:	instead of the above: a value that can be read but not repeated
 */
struct row {
	const char *name;
	const char *meaning;
	unsigned int iters;
	unsigned int flags;
	unsigned int base_ns;
	void (*setup)(unsigned int ops);
	void (*run)(unsigned int n);
	double (*once)(void);
};

/* Ends the row, or the whole run, with a reason: object, cause, way out. */
#define die(fmt, ...)							\
	do {								\
		printf("@@ error " fmt "\n", ##__VA_ARGS__);		\
		exit(EXIT_FAILURE);					\
	} while (0)

/* Each table ends with a row that has no name. */
extern const struct row cpu_rows[];
extern const struct row syscall_rows[];
extern const struct row signal_rows[];
extern const struct row memory_rows[];
extern const struct row process_rows[];
extern const struct row ipc_rows[];
extern const struct row io_rows[];
extern const struct row time_rows[];
extern const struct row macro_rows[];
extern const struct row boot_rows[];

/**
 * struct run_options - how rows are measured, from the command line
 * @rounds:	timed rounds per row
 * @marks:	bracket the rounds with writes to CORBEL_PORT_MARK
 */
struct run_options {
	unsigned int rounds;
	bool marks;
};

/* measure.c */
double measure_instruction(void);
void measure_row(const struct row *row, const char *group, unsigned int index,
		 const struct run_options *opt);

/* util.c */
extern const char *tools_dir;	/* holds busybox and the exit programs */

const char *tool_path(const char *name);
const char *work_path(const char *name);
void make_file(const char *path, size_t size);
void *map_pages(size_t pages);
void write_pages(void *start, size_t pages);
void read_pages(const void *start, size_t pages);
void start_partner(void (*loop)(void *arg), void *arg);
void wait_child(int pid);

#endif /* _BENCH_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * corbel-bench-guest: the program that runs inside each system under test and
 * measures the rows, each on the same kernel with the same settings.
 *
 * It needs root, /proc, /sys, /dev, a directory /mnt, and the interface lo up;
 * userspace/bench/guest/init gives it all that in an initramfs.  Results go to
 * standard output in lines that start with "@@ ", so that they can be told
 * from kernel messages on the same console:
 *
 *	@@ begin VERSION
 *	@@ info KEY VALUE
 *	@@ calibrate NANOSECONDS_PER_INSTRUCTION
 *	@@ row NAME index=I group=G unit=ns extra=0|1 iters=N rounds=R ops=N
 *	       value=MEDIAN min=M max=M		(all in one line)
 *	@@ error WHAT: WHY			(of the row that fails next)
 *	@@ failed NAME signal N (...) | status N
 *	@@ end FAILED_ROWS
 *
 * With --marks, the number 2 * I goes to the port CORBEL_PORT_MARK before the
 * timed rounds of row I, and 2 * I + 1 after them: between the two, exactly
 * "ops" operations were done.
 */
#include <argp.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <sched.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "bench.h"

#define PROTOCOL_VERSION	1
#define ROUNDS			11
#define QUICK_ROUNDS		3
#define MAX_ROWS		128

#define CLOCKSOURCE \
	"/sys/devices/system/clocksource/clocksource0/current_clocksource"

static const struct {
	const char *name;
	const struct row *rows;
} groups[] = {
	{ "cpu", cpu_rows },
	{ "syscall", syscall_rows },
	{ "signal", signal_rows },
	{ "memory", memory_rows },
	{ "process", process_rows },
	{ "ipc", ipc_rows },
	{ "io", io_rows },
	{ "time", time_rows },
	{ "macro", macro_rows },
	{ "boot", boot_rows },
};

/* All rows of all groups.  A row's place in here is its index in the marks. */
static struct entry {
	const struct row *row;
	const char *group;
	bool selected;
} entries[MAX_ROWS];

static unsigned int entry_count;

static struct run_options run_options;
static bool list_only, rows_given, quick;
static const struct entry *alone;
static unsigned int touch_percent;

static void load_entries(void)
{
	const struct row *row;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		for (row = groups[i].rows; row->name; row++) {
			if (entry_count == MAX_ROWS)
				die("raise MAX_ROWS, there are more rows");
			entries[entry_count++] = (struct entry){
				.row = row, .group = groups[i].name };
		}
}

static struct entry *find_entry(const char *name, struct argp_state *state)
{
	unsigned int i;

	for (i = 0; i < entry_count; i++)
		if (!strcmp(entries[i].row->name, name))
			return &entries[i];
	argp_error(state, "no row '%s'; --list shows all", name);
	return NULL;
}

static void select_rows(const char *list, struct argp_state *state)
{
	char *names = strdupa(list), *name;

	for (name = strtok(names, ","); name; name = strtok(NULL, ","))
		find_entry(name, state)->selected = true;
	rows_given = true;
}

static void select_set(void)
{
	unsigned int i;

	for (i = 0; i < entry_count; i++)
		if (!quick || entries[i].row->flags & ROW_QUICK)
			entries[i].selected = true;
}

static unsigned int parse_number(const char *text, unsigned int least,
				 unsigned int most, struct argp_state *state)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end || n < least || n > most)
		argp_error(state, "'%s' is not a number from %u to %u", text,
			   least, most);
	return n;
}

static const struct argp_option options[] = {
	{ "list", 'l', NULL, 0, "print all rows and end", 0 },
	{ "rows", 'r', "A,B,C", 0, "measure these rows only", 0 },
	{ "set", 's', "SET", 0, "full (default), or quick: a telling few", 0 },
	{ "rounds", 'n', "N", 0, "timed rounds per row (11; quick: 3)", 0 },
	{ "marks", 'm', NULL, 0, "tell the monitor where rows begin and end",
	  0 },
	{ "touch", 't', "PERCENT", 0, "touch so much of free memory first (0)",
	  0 },
	{ "tools", 'T', "DIR", 0,
	  "holds exit-tiny, exit-glibc, busybox (where this program is)", 0 },
	{ "alone", 'a', "ROW", OPTION_HIDDEN, "measure it in this process", 0 },
	{ }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'l':
		list_only = true;
		return 0;
	case 'r':
		select_rows(arg, state);
		return 0;
	case 's':
		quick = !strcmp(arg, "quick");
		if (!quick && strcmp(arg, "full"))
			argp_error(state, "no set '%s'; quick or full", arg);
		return 0;
	case 'n':
		run_options.rounds = parse_number(arg, 1, MAX_ROUNDS, state);
		return 0;
	case 'm':
		run_options.marks = true;
		return 0;
	case 't':
		touch_percent = parse_number(arg, 0, 95, state);
		return 0;
	case 'T':
		tools_dir = realpath(arg, NULL);
		if (!tools_dir)
			argp_failure(state, EXIT_FAILURE, errno, "%s", arg);
		return 0;
	case 'a':
		alone = find_entry(arg, state);
		return 0;
	case ARGP_KEY_END:
		if (!rows_given)
			select_set();
		if (!run_options.rounds)
			run_options.rounds = quick ? QUICK_ROUNDS : ROUNDS;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static void list_rows(void)
{
	unsigned int i;

	for (i = 0; i < entry_count; i++)
		printf("%-18s%-9s%s\n", entries[i].row->name, entries[i].group,
		       entries[i].row->meaning);
}

static void print_file(const char *key, const char *path)
{
	char text[4096];
	FILE *file = fopen(path, "r");

	if (!file || !fgets(text, sizeof(text), file))
		die("%s: %m", path);
	text[strcspn(text, "\n")] = '\0';
	printf("@@ info %s %s\n", key, text);
	fclose(file);
}

/* Kilobytes, from a line such as "MemTotal:  241524 kB". */
static unsigned long read_meminfo(const char *key)
{
	char line[128];
	unsigned long kilobytes;
	FILE *file = fopen("/proc/meminfo", "r");

	if (!file)
		die("/proc/meminfo: %m; mount proc on /proc");
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, strlen(key)))
			continue;
		if (sscanf(line, "%*s %lu", &kilobytes) != 1)
			break;
		fclose(file);
		return kilobytes;
	}
	die("/proc/meminfo has no number for %s", key);
}

static void print_info(void)
{
	struct utsname uts;

	uname(&uts);
	printf("@@ info memtotal %lu\n", read_meminfo("MemTotal:"));
	printf("@@ info release %s\n", uts.release);
	printf("@@ info cpus %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
	print_file("clocksource", CLOCKSOURCE);
	print_file("cmdline", "/proc/cmdline");
}

/*
 * What every row inherits: one CPU; no huge pages, which would turn 512 faults
 * into one where they happen to be free; and an empty tmpfs that nobody else
 * sees, and that goes away with the last of our processes.
 */
static void settle(void)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("sched_setaffinity to CPU 0: %m");
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		die("prctl PR_SET_THP_DISABLE: %m");
	if (unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("tmpfs", WORK_DIR, "tmpfs", 0, NULL))
		die("mount of a private %s: %m; root is needed", WORK_DIR);
}

/*
 * The first touch of memory that a host populates lazily costs what no later
 * touch does.
 */
static void touch_memory(void)
{
	size_t pages = read_meminfo("MemFree:") / 4 * touch_percent / 100;
	void *p;

	if (!pages)
		return;
	p = map_pages(pages);
	write_pages(p, pages);
	munmap(p, pages * PAGE_SIZE);
}

static void find_tools(void)
{
	static char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (len < 0)
		die("/proc/self/exe: %m; mount proc on /proc");
	tools_dir = dirname(path);
}

static bool report_end(const char *name, int status)
{
	if (WIFSIGNALED(status))
		printf("@@ failed %s signal %d (%s)\n", name, WTERMSIG(status),
		       strsignal(WTERMSIG(status)));
	else if (status)
		printf("@@ failed %s status %d\n", name, WEXITSTATUS(status));
	return !status;
}

static bool measure_apart(const char *name, char **child_argv)
{
	int status, error;
	pid_t pid;

	error = posix_spawn(&pid, "/proc/self/exe", NULL, NULL, child_argv,
			    environ);
	if (error)
		die("start of a process for %s: %s", name, strerror(error));
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid: %m");
	/* A line still on its way to the console would disturb the next row. */
	tcdrain(STDOUT_FILENO);
	return report_end(name, status);
}

/* Executes this program again with the same options, for each row alone. */
static unsigned int measure_all(int argc, char **argv)
{
	char **child_argv = calloc(argc + 2, sizeof(*argv)), option[64];
	unsigned int i, failed = 0;

	if (!child_argv)
		die("argument vector: out of memory");
	memcpy(child_argv, argv, argc * sizeof(*argv));
	child_argv[argc] = option;
	for (i = 0; i < entry_count; i++) {
		const char *name = entries[i].row->name;

		snprintf(option, sizeof(option), "--alone=%s", name);
		if (entries[i].selected && !measure_apart(name, child_argv))
			failed++;
	}
	free(child_argv);
	return failed;
}

static int run(int argc, char **argv)
{
	unsigned int failed;

	settle();
	touch_memory();
	printf("@@ begin %d\n", PROTOCOL_VERSION);
	print_info();
	printf("@@ calibrate %.3f\n", measure_instruction());
	failed = measure_all(argc, argv);
	printf("@@ end %u\n", failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.doc = "Measure what operations cost on this system.",
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	load_entries();
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (!tools_dir)
		find_tools();
	if (list_only)
		list_rows();
	else if (alone)
		measure_row(alone->row, alone->group, alone - entries,
			    &run_options);
	else
		return run(argc, argv);
	return EXIT_SUCCESS;
}

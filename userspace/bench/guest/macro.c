// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of group macro: small pieces of real work, each one operation long, to
 * keep the single calls of the other groups in proportion.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

#define SORT_WORDS	32768
#define TEXT_SIZE	(128UL << 10)
#define CHURN_FILES	2000
#define CHURN_DATA	4096
#define CHURN_MIB	16

static unsigned int *words;
static char *text;
static const char *busybox;

static unsigned int next_random(unsigned int *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void setup_compute(unsigned int ops)
{
	size_t i;
	unsigned int seed = 1;

	words = map_pages(SORT_WORDS * sizeof(*words) / PAGE_SIZE);
	text = map_pages(TEXT_SIZE / PAGE_SIZE);
	for (i = 0; i < TEXT_SIZE - 1; i++)
		text[i] = 'a' + next_random(&seed) % 26;
}

static int compare_words(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return (x > y) - (x < y);
}

static void sort_words(void)
{
	unsigned int seed = 1;
	size_t i;

	for (i = 0; i < SORT_WORDS; i++)
		words[i] = next_random(&seed);
	qsort(words, SORT_WORDS, sizeof(*words), compare_words);
	for (i = 1; i < SORT_WORDS; i++)
		if (words[i - 1] > words[i])
			die("sorted words are out of order");
}

static size_t match_text(void)
{
	size_t matches = 0;
	const char *p = text;

	while ((p = strstr(p, "abc"))) {
		matches++;
		p++;
	}
	return matches;
}

static void run_compute(unsigned int n)
{
	while (n--) {
		sort_words();
		if (!match_text())
			die("the text holds no match");
	}
}

static const char shell_load[] =
	"lap=0\n"
	"while [ $lap -lt 10 ]; do\n"
	"	./exit-tiny\n"
	"	./busybox true\n"
	"	echo $lap | ./busybox cat >/dev/null\n"
	"	x=$(./busybox echo $lap)\n"
	"	[ $x = $lap ] || exit 1\n"
	"	lap=$((lap + 1))\n"
	"done\n";

static void setup_shell(unsigned int ops)
{
	busybox = tool_path("busybox");
	if (chdir(tools_dir))
		die("%s: %m", tools_dir);
}

static void run_shell(unsigned int n)
{
	while (n--) {
		pid_t pid = fork();

		if (!pid) {
			execl(busybox, "busybox", "sh", "-c", shell_load, NULL);
			_exit(127);
		}
		wait_child(pid);
	}
}

static void churn_file(unsigned int i)
{
	static const char data[CHURN_DATA] = { 1 };
	char name[16], new_name[16];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "file%u", i);
	snprintf(new_name, sizeof(new_name), "new%u", i);
	fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);
	if (fd < 0 || write(fd, data, sizeof(data)) != sizeof(data) ||
	    close(fd) || stat(name, &st) || rename(name, new_name) ||
	    unlink(new_name))
		die("%s: %m", name);
}

static void setup_fschurn(unsigned int ops)
{
	if (chdir(WORK_DIR))
		die("%s: %m", WORK_DIR);
}

static void run_fschurn(unsigned int n)
{
	unsigned int i;

	while (n--)
		for (i = 0; i < CHURN_FILES; i++)
			churn_file(i);
}

static void run_mmchurn(unsigned int n)
{
	char *step[CHURN_MIB];
	unsigned int i;

	while (n--) {
		for (i = 0; i < CHURN_MIB; i++) {
			step[i] = map_pages(MIB / PAGE_SIZE);
			write_pages(step[i], MIB / PAGE_SIZE);
		}
		for (i = 0; i < CHURN_MIB; i++)
			if (munmap(step[i], MIB))
				die("munmap: %m");
	}
}

const struct row macro_rows[] = {
	{
		.name = "macro_compute",
		.meaning = "sort 32,768 words, match 128 KiB of text",
		.iters = 1,
		.setup = setup_compute,
		.run = run_compute,
	}, {
		.name = "macro_shell",
		.meaning = "shell loop: 10 laps with 4 program starts each",
		.iters = 1,
		.flags = ROW_QUICK,
		.setup = setup_shell,
		.run = run_shell,
	}, {
		.name = "macro_fschurn",
		.meaning = "create, write, stat, rename, unlink 2,000 files",
		.iters = 1,
		.setup = setup_fschurn,
		.run = run_fschurn,
	}, {
		.name = "macro_mmchurn",
		.meaning = "16 MiB mapped and touched in 1 MiB steps, unmapped",
		.iters = 1,
		.run = run_mmchurn,
	},
	{ }
};

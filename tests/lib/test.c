// SPDX-License-Identifier: GPL-2.0-only
/*
 * The harness: see test.h.  main() runs the tests whose names begin with one of
 * its arguments, or all of them.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

/* How long a process that was killed may take to go. */
#define DEATH_SECONDS	10

extern const struct test *const __start_tests[], *const __stop_tests[];

static const struct {
	enum corbel_vm_type type;
	const char *name;
} types[] = {
	{ CORBEL_VM_PV, "pv" },
	{ CORBEL_VM_HVM_NESTED, "hvm" },
	{ CORBEL_VM_HVM_SHADOW, "hvm_shadow" },
};

enum corbel_vm_type vm_type = CORBEL_VM_PV;

/**
 * struct report - what the process of a test tells us
 * @text:	why it fails; empty while it does not
 * @seconds:	how long it may take
 */
static struct report {
	char text[1024];
	unsigned int seconds;
} *report;

static unsigned int slowness = 1;

/* In the process of a test */

const char *error_name(int error)
{
	const char *name = strerrorname_np(error);

	return error && name ? name : "success";
}

void test_takes(unsigned int seconds)
{
	report->seconds = seconds * slowness;
}

/* Whoever of a test's threads and processes fails first is the cause. */
void test_fail(const char *file, int line, const char *format, ...)
{
	const char *name = strrchr(file, '/');
	char text[sizeof(report->text)];
	va_list args;
	int n;

	n = snprintf(text, sizeof(text), "%s:%d: ", name ? name + 1 : file,
		     line);
	va_start(args, format);
	vsnprintf(text + n, sizeof(text) - n, format, args);
	va_end(args);
	if (!*report->text)
		strcpy(report->text, text);
	_exit(1);
}

void test_expect_error(const char *file, int line, const char *call,
		       long result, int error)
{
	int got = errno;

	if (result != -1)
		test_fail(file, line, "%s gives %ld, not %s", call, result,
			  error_name(error));
	if (got != error)
		test_fail(file, line, "%s gives %s, not %s", call,
			  error_name(got), error_name(error));
}

long test_expect_ok(const char *file, int line, const char *call, long result)
{
	if (result < 0)
		test_fail(file, line, "%s gives %s", call, error_name(errno));
	return result;
}

static void run_test(const struct test *test)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	test->run();
	_exit(0);
}

/* In ours */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* Until @seconds is over, which may grow meanwhile. */
static bool wait_for(pid_t child, const unsigned int *seconds, int *status)
{
	const struct timespec moment = { .tv_nsec = 2000000 };
	double begin = now();

	while (now() - begin < *(const volatile unsigned int *)seconds) {
		if (waitpid(child, status, WNOHANG) == child)
			return true;
		nanosleep(&moment, NULL);
	}
	return false;
}

static void say(const char *format, int number)
{
	if (!*report->text)
		snprintf(report->text, sizeof(report->text), format, number);
}

static void wait_and_judge(pid_t child)
{
	const unsigned int death = DEATH_SECONDS;
	int status = 0;

	if (wait_for(child, &report->seconds, &status)) {
		if (WIFSIGNALED(status))
			say("signal %d ended it", WTERMSIG(status));
		else if (WEXITSTATUS(status))
			say("it ended with status %d", WEXITSTATUS(status));
		return;
	}
	say("it was not done after %d s", report->seconds);
	kill(-child, SIGKILL);
	if (!wait_for(child, &death, &status))
		say("process %d does not even die", child);
}

/* Its process group goes with it, whatever it was doing. */
static void run_process(const struct test *test)
{
	pid_t child;

	memset(report, 0, sizeof(*report));
	test_takes(TEST_SECONDS);
	fflush(stdout);
	child = fork();
	if (child < 0) {
		say("fork(): errno %d", errno);
		return;
	}
	if (!child)
		run_test(test);
	setpgid(child, child);
	wait_and_judge(child);
	kill(-child, SIGKILL);
}

static int run_named(const struct test *test, const char *name)
{
	run_process(test);
	if (*report->text)
		printf("not ok %s - %s: %s\n", name, test->proves,
		       report->text);
	else
		printf("ok %s - %s\n", name, test->proves);
	return !!*report->text;
}

static bool wanted(const char *name, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strncmp(name, argv[i], strlen(argv[i])))
			return true;
	return argc < 2;
}

static int run_each(const struct test *test, int argc, char **argv)
{
	int failed = 0;
	char name[80];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		snprintf(name, sizeof(name), "%s-%s", test->name,
			 types[i].name);
		if (!wanted(name, argc, argv))
			continue;
		vm_type = types[i].type;
		failed += run_named(test, name);
	}
	vm_type = CORBEL_VM_PV;
	return failed;
}

int main(int argc, char **argv)
{
	const char *slow = getenv("TEST_SLOWNESS");
	const struct test *const *test;
	int failed = 0;

	if (slow)
		slowness = atoi(slow);
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED)
		return 1;
	for (test = __start_tests; test < __stop_tests; test++) {
		if ((*test)->each_type)
			failed += run_each(*test, argc, argv);
		else if (wanted((*test)->name, argc, argv))
			failed += run_named(*test, (*test)->name);
	}
	return failed != 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * All programs of one width in one file, to be started as
 *
 *	NAME	run that program
 *	--list	print their names and what they prove
 *	--listed FILE
 *		run those in the list that exist, each in a session of its own,
 *		with a time limit and in surroundings that are always the same
 *
 * --listed writes the transcript of each to /tmp/transcripts, and compares it
 * with the one in /native, if there is one.  (A guest does this itself because
 * its console is slow.)  On standard output comes one line for each program:
 *
 *	@ ran NAME after N ms
 *	@ same NAME after N ms
 *	@ differs NAME after N ms
 *
 * and behind the last of these, for each line that differs, the native one
 * after "<" and the other one after ">".
 */
#include <errno.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/probe.h"

#define TIME_LIMIT	40	/* seconds, on an emulated CPU */
#define MAX_DIFFERENCES	30	/* lines shown */
#define TRANSCRIPTS	"/tmp/transcripts"
#define NATIVE		"/native"

extern const struct behaviour *const __start_behaviours[];
extern const struct behaviour *const __stop_behaviours[];

static size_t behaviour_count(void)
{
	return __stop_behaviours - __start_behaviours;
}

static const struct behaviour *find(const char *name)
{
	size_t i;

	for (i = 0; i < behaviour_count(); i++)
		if (!strcmp(__start_behaviours[i]->name, name))
			return __start_behaviours[i];
	return NULL;
}

static int list(void)
{
	size_t i;

	for (i = 0; i < behaviour_count(); i++)
		printf("%s\t%s\n", __start_behaviours[i]->name,
		       __start_behaviours[i]->proves);
	return EXIT_SUCCESS;
}

/* Comparison */

static struct timespec started;

static void say(const char *what, const char *name)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("@ %s %s after %ld ms\n", what, name,
	       (now.tv_sec - started.tv_sec) * 1000 +
	       (now.tv_nsec - started.tv_nsec) / 1000000);
}

/* Shows and counts the lines that differ. */
static void compare(const char *name, FILE *native, FILE *here)
{
	char *line[2] = {}, empty[] = "(nothing)\n";
	size_t size[2] = {};
	bool more[2];
	int n = 0;

	for (;;) {
		more[0] = getline(&line[0], &size[0], native) > 0;
		more[1] = getline(&line[1], &size[1], here) > 0;
		if (!more[0] && !more[1])
			break;
		if (more[0] && more[1] && !strcmp(line[0], line[1]))
			continue;
		if (!n)
			say("differs", name);
		if (++n <= MAX_DIFFERENCES)
			printf("< %s> %s", more[0] ? line[0] : empty,
			       more[1] ? line[1] : empty);
		else if (n == MAX_DIFFERENCES + 1)
			printf("< (more lines)\n> (more lines)\n");
	}
	if (!n)
		say("same", name);
	free(line[0]);
	free(line[1]);
}

static void tell(const char *name)
{
	char path[PATH_SIZE];
	FILE *native, *here;

	snprintf(path, sizeof(path), NATIVE "/%s", name);
	native = fopen(path, "r");
	snprintf(path, sizeof(path), TRANSCRIPTS "/%s", name);
	here = fopen(path, "r");
	if (native && here)
		compare(name, native, here);
	else
		say("ran", name);
	if (native)
		fclose(native);
	if (here)
		fclose(here);
}

/* Running */

/* Without randomization, and with an environment that is always the same. */
static void become(const char *self, const char *name)
{
	char *argv[] = { (char *)self, (char *)name, NULL };
	char *envp[] = { "PATH=/bin", NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	personality(ADDR_NO_RANDOMIZE);
	execve(self, argv, envp);
	printf("%s: %s\n", self, strerror(errno));
	_exit(EXIT_FAILURE);
}

/* Wait for a program, at most TIME_LIMIT, and say how it ended. */
static void await(pid_t pid)
{
	const struct timespec limit = { TIME_LIMIT, 0 };
	siginfo_t info;
	sigset_t child;
	int status;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while (!waitpid(pid, &status, WNOHANG))
		if (sigtimedwait(&child, &info, &limit) < 0 &&
		    errno == EAGAIN) {
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			printf("took more than %d s\n", TIME_LIMIT);
			return;
		}
	kill(-pid, SIGKILL);
	printf("ended with %s\n", wait_status(status));
}

static void reap_orphans(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void record(const char *self, const char *name)
{
	char path[PATH_SIZE];
	pid_t pid;

	snprintf(path, sizeof(path), TRANSCRIPTS "/%s", name);
	if (!freopen(path, "a", stdout))
		_exit(EXIT_FAILURE);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = must("fork", fork());
	if (!pid)
		become(self, name);
	await(pid);
	fflush(stdout);
	reap_orphans();
}

/* In between is a process whose standard output is the transcript. */
static void run_one(const char *self, const char *name)
{
	pid_t pid;

	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &started);
	pid = must("fork", fork());
	if (!pid) {
		record(self, name);
		_exit(EXIT_SUCCESS);
	}
	must("waitpid", waitpid(pid, NULL, 0));
	tell(name);
}

static int run_listed(const char *self, const char *file)
{
	FILE *list = fopen(file, "r");
	char name[PATH_SIZE];

	if (!list) {
		perror(file);
		return EXIT_FAILURE;
	}
	while (fscanf(list, "%127s", name) == 1)
		if (find(name))
			run_one(self, name);
	fclose(list);
	return EXIT_SUCCESS;
}

/* Not to be interrupted by the end of a child, but to hear of it. */
static void prepare(void)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	mkdir(TRANSCRIPTS, 0755);
}

int main(int argc, char **argv)
{
	const struct behaviour *behaviour;

	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (argc < 2)
		return EXIT_FAILURE;
	if (!strcmp(argv[1], "--list"))
		return list();
	if (!strcmp(argv[1], "--listed") && argc > 2) {
		prepare();
		return run_listed(argv[0], argv[2]);
	}
	behaviour = find(argv[1]);
	if (!behaviour)
		return EXIT_FAILURE;
	behaviour->run();
	return EXIT_SUCCESS;
}

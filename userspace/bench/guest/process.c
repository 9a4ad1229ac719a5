// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of group process: from a bare fork to a shell that starts a program.
 */
#include <pthread.h>
#include <unistd.h>

#include "bench.h"

#define FORK_BIG_PAGES	(16 * MIB / PAGE_SIZE)

static char *const no_env[] = { NULL };
static char *args[4];

static void run_fork_exit(unsigned int n)
{
	while (n--) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		wait_child(pid);
	}
}

static void setup_fork_big(unsigned int ops)
{
	write_pages(map_pages(FORK_BIG_PAGES), FORK_BIG_PAGES);
}

static void setup_tiny(unsigned int ops)
{
	args[0] = (char *)tool_path("exit-tiny");
}

static void setup_glibc(unsigned int ops)
{
	args[0] = (char *)tool_path("exit-glibc");
}

static void setup_sh(unsigned int ops)
{
	args[0] = (char *)tool_path("busybox");
	args[1] = "sh";
	args[2] = "-c";
	/* More than one command, or the shell would not fork for the first. */
	if (asprintf(&args[3], "%s; exit $?", tool_path("exit-tiny")) < 0)
		die("fork_sh_c: out of memory");
}

static void run_vfork_exec(unsigned int n)
{
	while (n--) {
		pid_t pid = vfork();

		if (!pid) {
			execve(args[0], args, no_env);
			_exit(127);
		}
		wait_child(pid);
	}
}

static void run_fork_exec(unsigned int n)
{
	while (n--) {
		pid_t pid = fork();

		if (!pid) {
			execve(args[0], args, no_env);
			_exit(127);
		}
		wait_child(pid);
	}
}

static void *return_at_once(void *arg)
{
	return arg;
}

static void run_thread(unsigned int n)
{
	pthread_t thread;

	while (n--)
		if (pthread_create(&thread, NULL, return_at_once, NULL) ||
		    pthread_join(thread, NULL))
			die("pthread_create and join failed");
}

const struct row process_rows[] = {
	{
		.name = "fork_exit",
		.meaning = "fork, child exits, wait",
		.iters = 10,
		.flags = ROW_QUICK,
		.run = run_fork_exit,
	}, {
		.name = "fork_exit_16M",
		.meaning = "fork with 16 MiB of private pages, exit, wait",
		.iters = 1,
		.setup = setup_fork_big,
		.run = run_fork_exit,
	}, {
		.name = "vfork_exec_tiny",
		.meaning = "vfork and execve of a program without libc, wait",
		.iters = 10,
		.setup = setup_tiny,
		.run = run_vfork_exec,
	}, {
		.name = "fork_exec_tiny",
		.meaning = "fork and execve of a program without libc, wait",
		.iters = 5,
		.setup = setup_tiny,
		.run = run_fork_exec,
	}, {
		.name = "fork_exec_glibc",
		.meaning = "fork and execve of a static program with libc, wait",
		.iters = 2,
		.flags = ROW_QUICK,
		.setup = setup_glibc,
		.run = run_fork_exec,
	}, {
		.name = "fork_sh_c",
		.meaning = "a shell that runs the program without libc once",
		.iters = 1,
		.flags = ROW_QUICK,
		.setup = setup_sh,
		.run = run_fork_exec,
	}, {
		.name = "thread_create",
		.meaning = "pthread_create and join",
		.iters = 20,
		.run = run_thread,
	},
	{ }
};

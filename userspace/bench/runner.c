// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running the benchmark's guest program: see runner.h.
 *
 * In a VM it is started by its own initramfs and told what to do on the kernel
 * command line; it talks on the console.  Natively it is a child process and
 * talks through a pipe.
 */
#include "bench/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/column.h"
#include "bench/events.h"
#include "initramfs/builtin.h"
#include "lib/loop.h"

/* Nothing takes so long, even emulated: it hangs. */
#define STALL_SECONDS	600

/* How often to say how far it is, where nobody can see a line change. */
#define NEWS_SECONDS	15

struct runner {
	const char *name;
	json_t *column;
	struct column_line line;
	struct events events;
	unsigned int rows;
	time_t last_news;

	struct loop loop;
	struct machine *machine;	/* NULL: native */
	int signals;
	int stall;
	struct error *err;
	bool failed;
};

/* What it says */

static void show_progress(struct runner *r, const char *row)
{
	time_t now = time(NULL);

	r->rows++;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%-12s %3u  %-20s", r->name, r->rows, row);
	else if (now - r->last_news >= NEWS_SECONDS)
		fprintf(stderr, "%s: %u rows, %s\n", r->name, r->rows, row);
	else
		return;
	r->last_news = now;
}

static void end_progress(const struct runner *r)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%-12s %3u  %-20s\n", r->name, r->rows, "rows");
	else
		fprintf(stderr, "%s: %u rows\n", r->name, r->rows);
}

static void add_events(struct runner *r, const char *name)
{
	json_t *row = json_object_get(json_object_get(r->column, "rows"), name);
	double ops = json_number_value(json_object_get(row, "ops"));
	json_t *events = events_take(&r->events, ops);

	if (events)
		json_object_set_new(row, "events", events);
}

static void reset_stall(const struct runner *r)
{
	const struct itimerspec time = { .it_value.tv_sec = STALL_SECONDS };

	timerfd_settime(r->stall, 0, &time, NULL);
}

static void hear(struct runner *r, const char *bytes, size_t n)
{
	const char *row = column_hear(r->column, &r->line, bytes, n);

	if (!row)
		return;
	if (r->machine)
		add_events(r, row);
	show_progress(r, row);
	reset_stall(r);
}

static void on_output(void *opaque, const uint8_t *bytes, size_t n)
{
	hear(opaque, (const char *)bytes, n);
}

static void on_mark(void *opaque, uint32_t mark)
{
	struct runner *r = opaque;

	events_mark(&r->events, mark);
}

static void on_room(void *opaque)
{
	(void)opaque;
}

/* Reasons to end */

static void fail(struct runner *r, const char *why)
{
	error_set(r->err, "%s", why);
	r->failed = true;
	loop_end(&r->loop);
}

static void on_signal(void *opaque, int fd, short revents)
{
	(void)fd;
	(void)revents;
	fail(opaque, "interrupted");
}

static void on_stall(void *opaque, int fd, short revents)
{
	(void)fd;
	(void)revents;
	fail(opaque, "it hangs: no row for 10 minutes");
}

static int open_loop(struct runner *r)
{
	sigset_t set;

	loop_init(&r->loop);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	r->signals = signalfd(-1, &set, SFD_CLOEXEC);
	r->stall = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (r->signals < 0 || r->stall < 0)
		return error_set(r->err, "waiting: %m");
	reset_stall(r);
	if (loop_add(&r->loop, r->signals, POLLIN, on_signal, r, r->err) ||
	    loop_add(&r->loop, r->stall, POLLIN, on_stall, r, r->err))
		return -1;
	return 0;
}

static void close_loop(struct runner *r)
{
	if (r->signals >= 0)
		close(r->signals);
	if (r->stall >= 0)
		close(r->stall);
}

/* A column must be complete, or it is none. */
static json_t *finish(struct runner *r, int result)
{
	const char *error = json_string_value(json_object_get(r->column,
							      "error"));

	end_progress(r);
	close_loop(r);
	if (!result && !r->failed) {
		if (column_is_complete(r->column))
			return r->column;
		if (error)
			error_set(r->err, "%s", error);
		else if (!r->err->text[0])
			error_set(r->err, "it ended before it was done");
	}
	json_decref(r->column);
	return NULL;
}

static void init(struct runner *r, const char *name, struct error *err)
{
	err->text[0] = '\0';
	*r = (struct runner) {
		.name = name, .column = column_create(), .err = err,
		.last_news = time(NULL), .signals = -1, .stall = -1,
	};
}

/* In a VM */

static void on_machine(void *opaque, int fd, short revents)
{
	struct runner *r = opaque;

	(void)fd;
	(void)revents;
	if (!machine_check(r->machine))
		return;
	if (!column_is_complete(r->column))
		error_set(r->err, "%s", r->machine->outcome.text);
	loop_end(&r->loop);
}

static char *make_cmdline(const struct runner_config *c)
{
	char *cmdline;
	size_t size;
	FILE *out = open_memstream(&cmdline, &size);

	if (!out)
		return NULL;
	fputs("console=ttyS0 loglevel=1 corbel_bench.marks=1", out);
	if (c->set)
		fprintf(out, " corbel_bench.set=%s", c->set);
	if (c->rows)
		fprintf(out, " corbel_bench.rows=%s", c->rows);
	if (c->rounds)
		fprintf(out, " corbel_bench.rounds=%u", c->rounds);
	if (c->append)
		fprintf(out, " %s", c->append);
	fclose(out);
	return cmdline;
}

static int run_machine(struct runner *r)
{
	if (loop_add(&r->loop, r->machine->event, POLLIN, on_machine, r,
		     r->err) || machine_start(r->machine, r->err))
		return -1;
	loop_run(&r->loop);
	machine_stop(r->machine);
	return 0;
}

static int create_and_run(struct runner *r, const struct machine_config *config)
{
	struct machine *machine = calloc(1, sizeof(*machine));
	int result = -1;

	if (!machine)
		return error_set(r->err, "%m");
	if (!machine_create(machine, config, r->err)) {
		r->machine = machine;
		if (!events_open(&r->events, machine, r->err)) {
			result = run_machine(r);
			events_close(&r->events);
		}
		machine_destroy(machine);
	}
	free(machine);
	return result;
}

json_t *runner_run_vm(const struct runner_config *config,
		      enum backend_mode mode, const char *name,
		      struct error *err)
{
	struct runner r;
	struct machine_config machine = {
		.mode = mode, .kernel = config->kernel,
		.memory = config->memory, .cpus = 1, .hooks = "all",
		.output = on_output, .room = on_room, .mark = on_mark,
		.opaque = &r,
	};
	char *initrd = NULL;
	int result = -1;

	init(&r, name, err);
	machine.cmdline = make_cmdline(config);
	if (machine.cmdline && !open_loop(&r) &&
	    !builtin_bench(&initrd, &machine.initrd_size, err)) {
		machine.initrd = initrd;
		result = create_and_run(&r, &machine);
	}
	free(initrd);
	free((char *)machine.cmdline);
	return finish(&r, result);
}

/* Natively */

static int write_program(const char *dir, const struct blob *program,
			 struct error *err)
{
	const char *name = strrchr(program->path, '/') + 1;
	size_t size = program->end - program->bytes;
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (fd < 0 || write(fd, program->bytes, size) != (ssize_t)size) {
		error_set(err, "%s: %m", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	close(fd);
	return 0;
}

static int write_programs(const char *dir, struct error *err)
{
	const struct blob *program;

	for (program = builtin_bench_programs; program->path; program++)
		if (write_program(dir, program, err))
			return -1;
	return 0;
}

static void remove_programs(const char *dir)
{
	const struct blob *program;
	char path[256];

	for (program = builtin_bench_programs; program->path; program++) {
		snprintf(path, sizeof(path), "%s/%s", dir,
			 strrchr(program->path, '/') + 1);
		unlink(path);
	}
	rmdir(dir);
}

static void on_pipe(void *opaque, int fd, short revents)
{
	struct runner *r = opaque;
	char bytes[4096];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	(void)revents;
	if (n > 0)
		hear(r, bytes, n);
	else if (n == 0 || errno != EINTR)
		loop_end(&r->loop);
}

static void exec_program(const struct runner_config *c, const char *dir,
			 int output)
{
	char path[256], set[64], rounds[32], *rows;
	const char *args[8] = { path };
	unsigned int n = 1;
	sigset_t none;

	/* Its rows are processes of their own: one group, to end them all. */
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	snprintf(path, sizeof(path), "%s/corbel-bench-guest", dir);
	snprintf(set, sizeof(set), "--set=%s", c->set ? c->set : "full");
	args[n++] = set;
	snprintf(rounds, sizeof(rounds), "--rounds=%u", c->rounds);
	if (c->rounds)
		args[n++] = rounds;
	if (c->rows && asprintf(&rows, "--rows=%s", c->rows) >= 0)
		args[n++] = rows;
	dup2(output, STDOUT_FILENO);
	execv(path, (char **)args);
	_exit(127);
}

static int run_program(struct runner *r, const struct runner_config *config,
		       const char *dir)
{
	int ends[2], result;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC))
		return error_set(r->err, "pipe: %m");
	child = fork();
	if (!child)
		exec_program(config, dir, ends[1]);
	close(ends[1]);
	if (child < 0)
		result = error_set(r->err, "fork: %m");
	else
		result = loop_add(&r->loop, ends[0], POLLIN, on_pipe, r,
				  r->err);
	if (!result)
		loop_run(&r->loop);
	if (child > 0) {
		if (result || r->failed)
			kill(-child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	close(ends[0]);
	return result;
}

json_t *runner_run_native(const struct runner_config *config,
			  struct error *err)
{
	char dir[] = "/tmp/corbel-bench.XXXXXX";
	int result = -1;
	struct runner r;

	init(&r, "native", err);
	if (!open_loop(&r)) {
		if (!mkdtemp(dir)) {
			error_set(err, "%s: %m", dir);
		} else {
			if (!write_programs(dir, err))
				result = run_program(&r, config, dir);
			remove_programs(dir);
		}
	}
	return finish(&r, result);
}

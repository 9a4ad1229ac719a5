// SPDX-License-Identifier: GPL-2.0-only
/* A VM and all that this process does for it: see session.h. */
#include "cli/session.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "cli/terminal.h"
#include "vmm/statistics.h"

/* Reasons to end */

static void finish(struct session *s, enum session_state state, const char *why)
{
	if (s->state != SESSION_RUNS)
		return;
	s->state = state;
	snprintf(s->why, sizeof(s->why), "%s", why);
	loop_end(&s->loop);
}

static void on_machine(void *opaque, int fd, short revents)
{
	struct session *s = opaque;

	(void)fd;
	(void)revents;
	if (machine_check(&s->machine))
		finish(s, SESSION_ENDED, "");
}

static void on_timer(void *opaque, int fd, short revents)
{
	(void)fd;
	(void)revents;
	finish(opaque, SESSION_TIMED_OUT, "");
}

static void on_signal(void *opaque, int fd, short revents)
{
	struct signalfd_siginfo info;
	char why[64];

	(void)revents;
	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return;
	snprintf(why, sizeof(why), "signal SIG%s",
		 sigabbrev_np(info.ssi_signo));
	finish(opaque, SESSION_QUIT, why);
}

static void on_quit(void *opaque, const char *why)
{
	finish(opaque, SESSION_QUIT, why);
}

/* What it answers on its socket */

static json_t *get_status(void *opaque, struct error *err)
{
	const struct session *s = opaque;
	const struct machine_config *c = &s->machine.config;

	(void)err;
	return json_pack("{s:s, s:i, s:s, s:i, s:I, s:s, s:I}", "name",
			 s->registration.name, "pid", (int)getpid(), "mode",
			 backend_mode_name(c->mode), "cpus", (int)c->cpus,
			 "memory", (json_int_t)c->memory, "kernel", c->kernel,
			 "started", (json_int_t)s->started);
}

static json_t *read_counters(const struct machine *m, int fd,
			     struct error *err)
{
	struct statistics statistics;
	json_t *counters = NULL;
	unsigned int i;

	if (statistics_open(&statistics, &m->backend, fd, err))
		return NULL;
	if (!statistics_read(&statistics, err)) {
		counters = json_object();
		for (i = 0; i < statistics.count; i++)
			json_object_set_new(counters,
					    statistics.counters[i].name,
					    json_integer(statistics.counters[i]
							 .value));
	}
	statistics_close(&statistics);
	return counters;
}

static json_t *get_stats(void *opaque, struct error *err)
{
	const struct session *s = opaque;
	const struct machine *m = &s->machine;
	json_t *stats = json_object(), *counters;
	unsigned int i;
	char key[32];

	counters = read_counters(m, m->backend.vm, err);
	if (counters)
		json_object_set_new(stats, "vm", counters);
	for (i = 0; counters && i < m->vcpu_count; i++) {
		counters = read_counters(m, m->vcpus[i].fd, err);
		snprintf(key, sizeof(key), "vcpu%u", i);
		if (counters)
			json_object_set_new(stats, key, counters);
	}
	if (counters)
		return stats;
	json_decref(stats);
	return NULL;
}

static void stop(void *opaque)
{
	finish(opaque, SESSION_QUIT, "`corbel stop`");
}

static int connect_console(void *opaque, int fd, struct error *err)
{
	struct session *s = opaque;

	return console_connect(&s->console, fd, err);
}

static const struct control_ops control_ops = {
	.status	= get_status,
	.stats	= get_stats,
	.stop	= stop,
	.console = connect_console,
};

/* Setting it up */

static void on_output(void *opaque, const uint8_t *bytes, size_t n)
{
	struct session *s = opaque;

	console_output(&s->console, bytes, n);
}

static void on_room(void *opaque)
{
	struct session *s = opaque;

	console_room(&s->console);
}

static int watch_signals(struct session *s, struct error *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (s->signals < 0)
		return error_set(err, "signals: %m");
	return loop_add(&s->loop, s->signals, POLLIN, on_signal, s, err);
}

static int start_timer(struct session *s, struct error *err)
{
	struct itimerspec time = { .it_value.tv_sec = s->config.timeout };

	s->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (s->timer < 0 || timerfd_settime(s->timer, 0, &time, NULL))
		return error_set(err, "timer: %m");
	return loop_add(&s->loop, s->timer, POLLIN, on_timer, s, err);
}

static int create_machine(struct session *s, struct error *err)
{
	struct machine_config *config = &s->config.machine;

	config->output = on_output;
	config->room = on_room;
	config->opaque = s;
	if (machine_create(&s->machine, config, err))
		return -1;
	return loop_add(&s->loop, s->machine.event, POLLIN, on_machine, s, err);
}

static int create_console(struct session *s, bool is_terminal,
			  struct error *err)
{
	const struct console_config config = {
		.machine = &s->machine,
		.loop = &s->loop,
		.output = s->config.detached ? -1 : STDOUT_FILENO,
		.input = s->config.detached ? -1 : STDIN_FILENO,
		.escape = is_terminal,
		.end_of_input = s->config.end_of_input,
		.quit = on_quit,
		.opaque = s,
	};

	return console_init(&s->console, &config, err);
}

/* How it ended */

static int judge_status(const struct session *s, struct error *err)
{
	int status = s->machine.outcome.status;

	if (status < STATUS_TIMEOUT || status > STATUS_VM_DIED)
		return status;
	error_set(err, "%s: the guest ended with status %d, for which 123 is returned",
		  s->registration.name, status);
	return STATUS_TIMEOUT - 1;
}

static int judge_machine(const struct session *s, struct error *err)
{
	const struct machine_outcome *o = &s->machine.outcome;

	switch (o->end) {
	case MACHINE_EXITED:
		return judge_status(s, err);
	case MACHINE_POWERED_OFF:
	case MACHINE_RUNS:
		return 0;
	default:
		error_set(err, "%s: %s", s->registration.name, o->text);
	}
	switch (o->end) {
	case MACHINE_PANICKED:
	case MACHINE_TRIPLE_FAULT:
	case MACHINE_KILLED:
		return STATUS_VM_DIED;
	case MACHINE_FAILED:
		return STATUS_CORBEL_FAILED;
	default:
		return 0;
	}
}

static int judge(const struct session *s, struct error *err)
{
	switch (s->state) {
	case SESSION_TIMED_OUT:
		error_set(err, "%s: stopped: still running after %u s",
			  s->registration.name, s->config.timeout);
		return STATUS_TIMEOUT;
	case SESSION_QUIT:
		error_set(err, "%s: stopped: %s", s->registration.name, s->why);
		return STATUS_VM_DIED;
	case SESSION_ENDED:
	case SESSION_RUNS:
		break;
	}
	return judge_machine(s, err);
}

/* Running it */

static int run_to_end(struct session *s, struct error *err)
{
	if (machine_start(&s->machine, err))
		return -1;
	s->started = time(NULL);
	s->config.started(s->config.opaque, s->registration.name);
	loop_run(&s->loop);
	console_stop(&s->console);
	machine_stop(&s->machine);
	return 0;
}

static int run_with_console(struct session *s, struct error *err)
{
	bool is_terminal = !s->config.detached &&
			   terminal_lend(s->config.cook_output);
	int result;

	if (create_console(s, is_terminal, err))
		return -1;
	result = control_server_init(&s->server, &s->loop,
				     s->registration.listener, &control_ops, s,
				     err);
	if (!result) {
		result = run_to_end(s, err);
		control_server_destroy(&s->server);
	}
	console_destroy(&s->console);
	terminal_take_back();
	return result;
}

static int run_registered(struct session *s, struct error *err)
{
	int result;

	if (create_machine(s, err))
		return STATUS_CORBEL_FAILED;
	result = run_with_console(s, err);
	machine_destroy(&s->machine);
	if (result)
		return STATUS_CORBEL_FAILED;
	err->text[0] = '\0';
	return judge(s, err);
}

int session_run(const struct session_config *config, struct error *err)
{
	struct session *s = calloc(1, sizeof(*s));
	int status = STATUS_CORBEL_FAILED;

	if (!s) {
		error_set(err, "%m");
		return status;
	}
	s->config = *config;
	s->signals = -1;
	s->timer = -1;
	loop_init(&s->loop);
	if (!watch_signals(s, err) && !start_timer(s, err) &&
	    !registry_add(&s->registration, config->name, err)) {
		status = run_registered(s, err);
		registry_remove(&s->registration);
	}
	if (s->timer >= 0)
		close(s->timer);
	if (s->signals >= 0)
		close(s->signals);
	free(s);
	return status;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A VM and all that this process does for it: its console, what it answers on
 * its socket, signals, the timeout.
 */
#ifndef CORBEL_CLI_SESSION_H
#define CORBEL_CLI_SESSION_H

#include <stdio.h>
#include <time.h>

#include "control/registry.h"
#include "control/server.h"
#include "lib/loop.h"
#include "vmm/console.h"
#include "vmm/machine.h"

/* Statuses of `corbel run`; those up to 123, and above 127, are the guest's. */
#define STATUS_TIMEOUT		124
#define STATUS_CORBEL_FAILED	125
#define STATUS_VM_DIED		126
#define STATUS_NOT_FOUND	127

/**
 * struct session_config - how to run a VM
 * @machine:	what to run; its callbacks are set by the session
 * @name:	NULL for a number
 * @timeout:	seconds, 0 for none
 * @detached:	the console has neither input nor output of ours
 * @cook_output: see terminal_lend()
 * @end_of_input: see struct console_config
 * @started:	called once the guest runs, with its name
 * @opaque:	argument of @started
 */
struct session_config {
	struct machine_config machine;
	const char *name;
	unsigned int timeout;
	bool detached;
	bool cook_output;
	const char *end_of_input;
	void (*started)(void *opaque, const char *name);
	void *opaque;
};

enum session_state {
	SESSION_RUNS,
	SESSION_ENDED,		/* the machine did */
	SESSION_TIMED_OUT,
	SESSION_QUIT,		/* somebody wanted so */
};

struct session {
	struct session_config config;
	struct loop loop;
	struct registration registration;
	struct machine machine;
	struct console console;
	struct control_server server;
	int signals;
	int timer;
	time_t started;
	enum session_state state;
	char why[128];		/* SESSION_QUIT */
};

/*
 * Run a VM to its end.  Returns the status for `corbel run`; @err gets what
 * there is to say about it, or an empty text.
 */
int session_run(const struct session_config *config, struct error *err);

#endif

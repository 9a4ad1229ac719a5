/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine's console: who sees what it prints, and who types.
 *
 * Output goes to one file descriptor that must get all of it, for which the
 * guest waits, and to any number of connections, which miss what they don't
 * read in time.  A new one gets what was printed last.
 */
#ifndef CORBEL_VMM_CONSOLE_H
#define CORBEL_VMM_CONSOLE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/loop.h"

#define CONSOLE_HISTORY		(64 * 1024)
#define CONSOLE_CONNECTIONS	16

/* Ctrl-] ends the connection to a console, as it does in telnet and virsh. */
#define CONSOLE_ESCAPE		0x1d
#define CONSOLE_ESCAPE_NAME	"Ctrl-]"

struct machine;
struct console;

/* Somebody who types, and reads if it is a connection. */
struct console_peer {
	struct console *console;
	int fd;			/* -1: none */
	bool is_connection;
	bool has_ended;		/* nothing more comes from it */
	uint64_t sent;		/* of console.printed */
	uint8_t input[256];
	size_t input_size;
	size_t input_done;
};

/**
 * struct console_config - what to connect
 * @machine:	whose console it is
 * @loop:	of the thread that makes every call but console_output() and
 *		console_room()
 * @output:	descriptor that must get all output, or -1
 * @input:	descriptor to read input from, or -1
 * @escape:	CONSOLE_ESCAPE from @input is not typed, but asks to quit
 * @end_of_input: what to type when @input ends, "" for nothing
 * @quit:	called when it should all end, and why
 * @opaque:	argument of @quit
 */
struct console_config {
	struct machine *machine;
	struct loop *loop;
	int output;
	int input;
	bool escape;
	const char *end_of_input;
	void (*quit)(void *opaque, const char *why);
	void *opaque;
};

struct console {
	struct console_config config;
	struct console_peer peers[CONSOLE_CONNECTIONS + 1];
	int news;		/* something was printed, or there is room */
	int stop;		/* readable: nobody is to wait any more */
	_Atomic bool unread;	/* the reader of config.output is gone */

	pthread_mutex_t lock;	/* protects all that follows */
	uint64_t printed;	/* bytes ever */
	uint8_t history[CONSOLE_HISTORY];
};

int console_init(struct console *console, const struct console_config *config,
		 struct error *err);

/* For the machine's serial port; by any thread. */
void console_output(struct console *console, const uint8_t *bytes, size_t n);
void console_room(struct console *console);

/* Connect @fd, a socket; the console closes it in the end. */
int console_connect(struct console *console, int fd, struct error *err);

/* From now on console_output() does not wait. */
void console_stop(struct console *console);
void console_destroy(struct console *console);

#endif

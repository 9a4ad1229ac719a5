// SPDX-License-Identifier: GPL-2.0-only
/* corbel console NAME */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/terminal.h"
#include "cli/verbs.h"
#include "control/client.h"
#include "vmm/console.h"

static bool send_all(int fd, const char *bytes, size_t n)
{
	ssize_t done;

	for (; n; n -= done, bytes += done) {
		done = send(fd, bytes, n, MSG_NOSIGNAL);
		if (done <= 0)
			return false;
	}
	return true;
}

static bool print_all(const char *bytes, size_t n)
{
	ssize_t done;

	for (; n; n -= done, bytes += done) {
		done = write(STDOUT_FILENO, bytes, n);
		if (done <= 0)
			return false;
	}
	return true;
}

/* Returns false when it is over: the key was typed, or the console is gone. */
static bool type(int fd, bool is_terminal, struct pollfd *input)
{
	char bytes[256], *escape = NULL;
	ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));

	if (n <= 0) {
		input->fd = -1;		/* go on watching */
		return true;
	}
	if (is_terminal)
		escape = memchr(bytes, CONSOLE_ESCAPE, n);
	if (escape)
		n = escape - bytes;
	return send_all(fd, bytes, n) && !escape;
}

/* Returns whether the VM ended, not we. */
static bool relay(int fd, bool is_terminal)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	char bytes[4096];
	ssize_t n;

	for (;;) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents) {
			n = read(fd, bytes, sizeof(bytes));
			if (n <= 0)
				return true;
			if (!print_all(bytes, n))
				return false;
		}
		if (fds[0].revents && !type(fd, is_terminal, &fds[0]))
			return false;
	}
}

int verb_console(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = read_argp_parse,
		.args_doc = "NAME",
		.doc = "Connect to the console of a virtual machine.  "
		       CONSOLE_ESCAPE_NAME " disconnects; the machine goes on.",
	};
	struct read_options options = { .names_min = 1, .names_max = 1 };
	struct error err;
	bool is_terminal, over;
	int fd;

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	fd = control_open_console(options.names[0], &err);
	if (fd < 0) {
		complain("%s", err.text);
		return STATUS_FAILED;
	}
	is_terminal = isatty(STDIN_FILENO);
	if (is_terminal)
		complain("console of %s; " CONSOLE_ESCAPE_NAME " disconnects",
			 options.names[0]);
	terminal_lend(false);
	over = relay(fd, is_terminal);
	terminal_take_back();
	if (is_terminal)
		fputc('\n', stderr);
	complain(over ? "%s has ended" : "disconnected from %s",
		 options.names[0]);
	close(fd);
	return 0;
}

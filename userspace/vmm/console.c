// SPDX-License-Identifier: GPL-2.0-only
/* A machine's console: see console.h. */
#include "vmm/console.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/array.h"
#include "vmm/machine.h"

/* How much a connection is sent at once. */
#define SEND_SIZE	4096

static void signal_event(int fd)
{
	const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) < 0)
		return;		/* it is full: readable in any case */
}

/* Output, by the threads of the vCPUs */

static void remember(struct console *console, const uint8_t *bytes, size_t n)
{
	size_t i;

	pthread_mutex_lock(&console->lock);
	for (i = 0; i < n; i++)
		console->history[console->printed++ % CONSOLE_HISTORY] =
			bytes[i];
	pthread_mutex_unlock(&console->lock);
}

/* Returns false if output is not to be waited for any more. */
static bool wait_for_output(const struct console *console)
{
	struct pollfd fds[] = {
		{ .fd = console->config.output, .events = POLLOUT },
		{ .fd = console->stop, .events = POLLIN },
	};

	while (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno == EINTR)
		;
	return fds[0].revents || !fds[1].revents;
}

static void print(struct console *console, const uint8_t *bytes, size_t n)
{
	ssize_t done;

	for (; n && wait_for_output(console); n -= done, bytes += done) {
		done = write(console->config.output, bytes, n);
		if (done >= 0)
			continue;
		if (errno != EINTR && errno != EAGAIN) {
			console->unread = true;
			return;
		}
		done = 0;
	}
}

void console_output(struct console *console, const uint8_t *bytes, size_t n)
{
	remember(console, bytes, n);
	if (console->config.output >= 0 && !console->unread)
		print(console, bytes, n);
	signal_event(console->news);
}

void console_room(struct console *console)
{
	signal_event(console->news);
}

/* Peers, by the loop's thread */

/* Copies what @peer has not got yet; what is too old is left out. */
static size_t get_unsent(struct console_peer *peer, uint8_t *bytes, size_t max)
{
	struct console *console = peer->console;
	size_t n = 0;

	pthread_mutex_lock(&console->lock);
	if (console->printed - peer->sent > CONSOLE_HISTORY)
		peer->sent = console->printed - CONSOLE_HISTORY;
	for (; n < max && peer->sent + n < console->printed; n++)
		bytes[n] = console->history[(peer->sent + n) %
					    CONSOLE_HISTORY];
	pthread_mutex_unlock(&console->lock);
	return n;
}

static void disconnect(struct console_peer *peer)
{
	loop_remove(peer->console->config.loop, peer->fd);
	if (peer->is_connection)
		close(peer->fd);
	peer->fd = -1;
}

/* Returns whether there is more to send; disconnects who is gone. */
static bool send_output(struct console_peer *peer)
{
	uint8_t bytes[SEND_SIZE];
	ssize_t n = get_unsent(peer, bytes, sizeof(bytes));
	ssize_t done = n;

	if (n)
		done = send(peer->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (done < 0 && errno != EAGAIN && errno != EINTR) {
		disconnect(peer);
		return false;
	}
	if (done > 0)
		peer->sent += done;
	return n == sizeof(bytes) || done != n;
}

static void type_input(struct console_peer *peer)
{
	peer->input_done += machine_input(peer->console->config.machine,
					  peer->input + peer->input_done,
					  peer->input_size - peer->input_done);
	if (peer->input_done < peer->input_size)
		return;
	peer->input_done = 0;
	peer->input_size = 0;
	if (peer->has_ended)
		disconnect(peer);
}

/* Does what can be done for a peer, and waits for what can't. */
static void serve(struct console_peer *peer)
{
	bool more = peer->is_connection && send_output(peer);

	if (peer->fd >= 0 && peer->input_size)
		type_input(peer);
	if (peer->fd >= 0)
		loop_change(peer->console->config.loop, peer->fd,
			    (peer->input_size ? 0 : POLLIN) |
			    (more ? POLLOUT : 0));
}

/* The key is not typed, and nothing behind it. */
static void look_for_escape(struct console_peer *peer)
{
	const struct console_config *config = &peer->console->config;
	uint8_t *key = memchr(peer->input, CONSOLE_ESCAPE, peer->input_size);

	if (!config->escape || peer->is_connection || !key)
		return;
	peer->input_size = key - peer->input;
	config->quit(config->opaque, CONSOLE_ESCAPE_NAME " was typed");
}

static void end_input(struct console_peer *peer)
{
	const char *last = peer->console->config.end_of_input;

	if (peer->is_connection)
		last = "";
	peer->has_ended = true;
	peer->input_size = strlen(last);
	memcpy(peer->input, last, peer->input_size);
	if (!peer->input_size)
		disconnect(peer);
}

static void read_input(struct console_peer *peer)
{
	ssize_t n = read(peer->fd, peer->input, sizeof(peer->input));

	if (n > 0) {
		peer->input_size = n;
		look_for_escape(peer);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		end_input(peer);
	}
}

static void on_peer(void *opaque, int fd, short revents)
{
	struct console_peer *peer = opaque;

	(void)fd;
	if ((revents & ~POLLOUT) && !peer->input_size)
		read_input(peer);
	if (peer->fd >= 0)
		serve(peer);
}

static void on_news(void *opaque, int fd, short revents)
{
	struct console *console = opaque;
	uint64_t count;
	unsigned int i;

	(void)revents;
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	if (console->unread)
		console->config.quit(console->config.opaque,
				     "nobody reads its output any more");
	for (i = 0; i < ARRAY_SIZE(console->peers); i++)
		if (console->peers[i].fd >= 0)
			serve(&console->peers[i]);
}

static int add_peer(struct console *console, int fd, bool is_connection,
		    struct error *err)
{
	struct console_peer *peer = console->peers;

	while (peer->fd >= 0)
		if (++peer == console->peers + ARRAY_SIZE(console->peers))
			return error_set(err,
					 "the console has %d connections already",
					 CONSOLE_CONNECTIONS);
	if (loop_add(console->config.loop, fd, POLLIN, on_peer, peer, err))
		return -1;
	*peer = (struct console_peer) {
		.console = console,
		.fd = fd,
		.is_connection = is_connection,
	};
	serve(peer);
	return 0;
}

int console_connect(struct console *console, int fd, struct error *err)
{
	return add_peer(console, fd, true, err);
}

int console_init(struct console *console, const struct console_config *config,
		 struct error *err)
{
	unsigned int i;

	memset(console, 0, sizeof(*console));
	console->config = *config;
	pthread_mutex_init(&console->lock, NULL);
	for (i = 0; i < ARRAY_SIZE(console->peers); i++)
		console->peers[i].fd = -1;
	console->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	console->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (console->news < 0 || console->stop < 0)
		return error_set(err, "console: %m");
	if (loop_add(config->loop, console->news, POLLIN, on_news, console,
		     err))
		return -1;
	return config->input >= 0 ?
	       add_peer(console, config->input, false, err) : 0;
}

void console_stop(struct console *console)
{
	signal_event(console->stop);
}

/* What was printed last is what one wants to read; but nobody waits for it. */
static void dismiss(struct console_peer *peer)
{
	unsigned int tries = 2 * CONSOLE_HISTORY / SEND_SIZE;

	while (peer->is_connection && tries-- && send_output(peer))
		;
	if (peer->fd >= 0)
		disconnect(peer);
}

void console_destroy(struct console *console)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(console->peers); i++)
		if (console->peers[i].fd >= 0)
			dismiss(&console->peers[i]);
	close(console->news);
	close(console->stop);
}

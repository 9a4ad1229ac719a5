// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for file descriptors: see loop.h.
 *
 * A place is free if nobody is to be called; so places never move, and a call
 * may remove any of them.  poll() skips negative descriptors, and only thus is
 * silent about a hang-up: a source that waits for nothing has its complement.
 */
#include "lib/loop.h"

#include <string.h>

void loop_init(struct loop *loop)
{
	memset(loop, 0, sizeof(*loop));
}

static int find(const struct loop *loop, int fd)
{
	unsigned int i;

	for (i = 0; i < loop->count; i++)
		if (loop->sources[i].ready && (loop->polls[i].fd == fd ||
					       loop->polls[i].fd == ~fd))
			return i;
	return -1;
}

static int find_free(struct loop *loop)
{
	unsigned int i;

	for (i = 0; i < loop->count; i++)
		if (!loop->sources[i].ready)
			return i;
	return loop->count < LOOP_SOURCES_MAX ? (int)loop->count++ : -1;
}

static struct pollfd make_poll(int fd, short events)
{
	return (struct pollfd) { .fd = events ? fd : ~fd, .events = events };
}

int loop_add(struct loop *loop, int fd, short events, loop_ready_t *ready,
	     void *opaque, struct error *err)
{
	int place = find_free(loop);

	if (place < 0)
		return error_set(err, "too many connections");
	loop->polls[place] = make_poll(fd, events);
	loop->sources[place].ready = ready;
	loop->sources[place].opaque = opaque;
	return 0;
}

void loop_change(struct loop *loop, int fd, short events)
{
	int place = find(loop, fd);

	if (place >= 0)
		loop->polls[place] = make_poll(fd, events);
}

void loop_remove(struct loop *loop, int fd)
{
	int place = find(loop, fd);

	if (place < 0)
		return;
	loop->polls[place].fd = -1;
	loop->sources[place].ready = NULL;
}

void loop_run(struct loop *loop)
{
	unsigned int i;

	while (!loop->over) {
		if (poll(loop->polls, loop->count, -1) <= 0)
			continue;
		for (i = 0; i < loop->count && !loop->over; i++) {
			struct pollfd *p = &loop->polls[i];
			short revents = p->revents;

			/* A call before may have given this place away. */
			p->revents = 0;
			if (revents && loop->sources[i].ready)
				loop->sources[i].ready(loop->sources[i].opaque,
						       p->fd, revents);
		}
	}
}

void loop_end(struct loop *loop)
{
	loop->over = true;
}

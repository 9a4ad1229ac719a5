/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One thread that waits for many file descriptors.
 *
 * Sources are added, changed and removed by that thread only, at any time, also
 * from within a call.  loop_end() may be called by it, too.
 */
#ifndef CORBEL_LIB_LOOP_H
#define CORBEL_LIB_LOOP_H

#include <poll.h>
#include <stdbool.h>

#include "lib/error.h"

#define LOOP_SOURCES_MAX	64

/* @fd is ready for what was asked of it, or has an error or a hang-up. */
typedef void loop_ready_t(void *opaque, int fd, short revents);

struct loop {
	struct pollfd polls[LOOP_SOURCES_MAX];
	struct {
		loop_ready_t *ready;
		void *opaque;
	} sources[LOOP_SOURCES_MAX];
	unsigned int count;
	bool over;
};

void loop_init(struct loop *loop);

/* @events: POLLIN, POLLOUT, or 0 to wait for neither */
int loop_add(struct loop *loop, int fd, short events, loop_ready_t *ready,
	     void *opaque, struct error *err);
void loop_change(struct loop *loop, int fd, short events);
void loop_remove(struct loop *loop, int fd);

/* Returns after loop_end(). */
void loop_run(struct loop *loop);
void loop_end(struct loop *loop);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a VM's process answers on its control socket.
 *
 * A request is a line of JSON, {"command": "..."}; the reply is one, too, with
 * "error" if it failed.  After the reply to "console" the connection is the
 * console itself.  What there is to command stands in struct control_ops.
 */
#ifndef CORBEL_CONTROL_SERVER_H
#define CORBEL_CONTROL_SERVER_H

#include <jansson.h>

#include "lib/loop.h"

/**
 * struct control_ops - the commands
 * @status:	what the VM is
 * @stats:	what has been counted
 * @stop:	end the VM
 * @console:	connect a descriptor to the console, which then owns it
 *
 * @status and @stats return an object for the reply, or NULL with the error.
 */
struct control_ops {
	json_t *(*status)(void *opaque, struct error *err);
	json_t *(*stats)(void *opaque, struct error *err);
	void (*stop)(void *opaque);
	int (*console)(void *opaque, int fd, struct error *err);
};

#define CONTROL_CLIENTS_MAX	16
#define CONTROL_REQUEST_MAX	1024

struct control_client {
	struct control_server *server;
	int fd;			/* -1: none */
	size_t size;
	char request[CONTROL_REQUEST_MAX];
};

struct control_server {
	struct loop *loop;
	int listener;
	const struct control_ops *ops;
	void *opaque;
	struct control_client clients[CONTROL_CLIENTS_MAX];
};

int control_server_init(struct control_server *server, struct loop *loop,
			int listener, const struct control_ops *ops,
			void *opaque, struct error *err);
void control_server_destroy(struct control_server *server);

#endif

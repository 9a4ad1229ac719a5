// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answering on the control socket: see server.h.
 *
 * Only root can connect, so a client is not distrusted; but it may hang, and
 * then is not waited for longer than a second.
 */
#include "control/server.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/array.h"

static void drop(struct control_client *client)
{
	loop_remove(client->server->loop, client->fd);
	close(client->fd);
	client->fd = -1;
}

static void send_line(int fd, json_t *reply)
{
	char *text = json_dumps(reply, JSON_COMPACT);
	size_t left = text ? strlen(text) : 0;
	char *pos = text;
	ssize_t n;

	if (text)
		pos[left++] = '\n';	/* instead of the NUL */
	for (; left; left -= n, pos += n) {
		n = send(fd, pos, left, MSG_NOSIGNAL);
		if (n <= 0)
			break;
	}
	free(text);
}

static json_t *make_error(const struct error *err)
{
	return json_pack("{s:s}", "error", err->text);
}

static json_t *answer(struct control_client *client, const char *command)
{
	struct control_server *server = client->server;
	json_t *reply = NULL;
	struct error err;

	if (!strcmp(command, "status"))
		reply = server->ops->status(server->opaque, &err);
	else if (!strcmp(command, "stats"))
		reply = server->ops->stats(server->opaque, &err);
	else if (!strcmp(command, "stop"))
		reply = json_object();
	else
		error_set(&err, "this VM's corbel knows no command '%s'",
			  command);
	return reply ? reply : make_error(&err);
}

/* The reply goes out before the console's first byte does. */
static void connect_console(struct control_client *client)
{
	struct control_server *server = client->server;
	json_t *reply = json_object();
	struct error err;
	int fd = client->fd;

	loop_remove(server->loop, fd);
	client->fd = -1;
	send_line(fd, reply);
	json_decref(reply);
	if (server->ops->console(server->opaque, fd, &err)) {
		dprintf(fd, "%s\r\n", err.text);
		close(fd);
	}
}

static void obey(struct control_client *client)
{
	json_t *request = json_loads(client->request, 0, NULL);
	const char *command =
		json_string_value(json_object_get(request, "command"));
	struct control_server *server = client->server;
	json_t *reply;

	if (command && !strcmp(command, "console")) {
		connect_console(client);
	} else {
		reply = answer(client, command ? command : "");
		send_line(client->fd, reply);
		json_decref(reply);
		drop(client);
		if (command && !strcmp(command, "stop"))
			server->ops->stop(server->opaque);
	}
	json_decref(request);
}

static void on_request(void *opaque, int fd, short revents)
{
	struct control_client *client = opaque;
	ssize_t n = recv(fd, client->request + client->size,
			 sizeof(client->request) - client->size, MSG_DONTWAIT);
	char *end;

	(void)revents;
	if (n <= 0) {
		drop(client);
		return;
	}
	client->size += n;
	end = memchr(client->request, '\n', client->size);
	if (end) {
		*end = '\0';
		obey(client);
	} else if (client->size == sizeof(client->request)) {
		drop(client);
	}
}

static struct control_client *find_free(struct control_server *server)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(server->clients); i++)
		if (server->clients[i].fd < 0)
			return &server->clients[i];
	return NULL;
}

static void on_connection(void *opaque, int listener, short revents)
{
	const struct timeval patience = { .tv_sec = 1 };
	struct control_server *server = opaque;
	struct control_client *client = find_free(server);
	struct error unused;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	(void)revents;
	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!client || loop_add(server->loop, fd, POLLIN, on_request, client,
				&unused)) {
		close(fd);
		return;
	}
	client->server = server;
	client->fd = fd;
	client->size = 0;
}

int control_server_init(struct control_server *server, struct loop *loop,
			int listener, const struct control_ops *ops,
			void *opaque, struct error *err)
{
	unsigned int i;

	server->loop = loop;
	server->listener = listener;
	server->ops = ops;
	server->opaque = opaque;
	for (i = 0; i < ARRAY_SIZE(server->clients); i++)
		server->clients[i].fd = -1;
	return loop_add(loop, listener, POLLIN, on_connection, server, err);
}

void control_server_destroy(struct control_server *server)
{
	unsigned int i;

	loop_remove(server->loop, server->listener);
	for (i = 0; i < ARRAY_SIZE(server->clients); i++)
		if (server->clients[i].fd >= 0)
			drop(&server->clients[i]);
}

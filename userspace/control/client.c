// SPDX-License-Identifier: GPL-2.0-only
/* Asking a VM's process: see client.h. */
#include "control/client.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/registry.h"

static int send_request(int fd, const char *command)
{
	char request[128];
	int n = snprintf(request, sizeof(request), "{\"command\":\"%s\"}\n",
			 command);

	return send(fd, request, n, MSG_NOSIGNAL) == n ? 0 : -1;
}

/* What the VM has to say to a request. */
static json_t *check_reply(json_t *reply, const char *name, struct error *err)
{
	const char *error;

	if (!reply) {
		error_set(err,
			  "%s: its process does not answer; it has just ended, or hangs",
			  name);
		return NULL;
	}
	error = json_string_value(json_object_get(reply, "error"));
	if (!error)
		return reply;
	error_set(err, "%s: %s", name, error);
	json_decref(reply);
	return NULL;
}

json_t *control_ask(const char *name, const char *command, struct error *err)
{
	int fd = registry_connect(name, err);
	json_t *reply = NULL;

	if (fd < 0)
		return NULL;
	if (!send_request(fd, command))
		reply = json_loadfd(fd, JSON_DISABLE_EOF_CHECK, NULL);
	close(fd);
	return check_reply(reply, name, err);
}

/* Byte by byte: what follows the line is the console's. */
static json_t *read_line(int fd)
{
	char line[1024];
	size_t n = 0;

	while (n < sizeof(line) && read(fd, &line[n], 1) == 1)
		if (line[n++] == '\n')
			return json_loadb(line, n, 0, NULL);
	return NULL;
}

int control_open_console(const char *name, struct error *err)
{
	int fd = registry_connect(name, err);
	json_t *reply = NULL;

	if (fd < 0)
		return -1;
	if (!send_request(fd, "console"))
		reply = read_line(fd);
	reply = check_reply(reply, name, err);
	if (reply) {
		json_decref(reply);
		return fd;
	}
	close(fd);
	return -1;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Going on in the background: see detach.h. */
#include "cli/detach.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void wait_for_success(int fd, pid_t child)
{
	char text[256];
	ssize_t n = read(fd, text, sizeof(text) - 1);
	int status;

	if (n > 0) {
		text[n] = '\0';
		puts(text);
		exit(0);
	}
	waitpid(child, &status, 0);
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

int detach(void)
{
	int ends[2];
	pid_t child;

	fflush(NULL);
	if (pipe2(ends, O_CLOEXEC))
		return -1;
	child = fork();
	if (child < 0)
		return -1;
	if (child) {
		close(ends[1]);
		wait_for_success(ends[0], child);
	}
	close(ends[0]);
	setsid();
	return ends[1];
}

/* Only now are errors nobody's on the terminal any more. */
void detach_succeed(int fd, const char *text)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(null);
	}
	if (write(fd, text, strlen(text)) < 0)
		return;		/* the parent was killed; we go on */
	close(fd);
}

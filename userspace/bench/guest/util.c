// SPDX-License-Identifier: GPL-2.0-only
/*
 * What several rows need: files, pages, partner processes.  Nothing in here is
 * timed but the page accessors, plain loops whose accesses are atomic only so
 * that the compiler keeps them.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

const char *tools_dir;

static const char *path_in(const char *dir, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		die("%s: out of memory", name);
	return path;
}

const char *tool_path(const char *name)
{
	const char *path = path_in(tools_dir, name);

	if (access(path, X_OK))
		die("%s: %m; name its folder with --tools", path);
	return path;
}

const char *work_path(const char *name)
{
	return path_in(WORK_DIR, name);
}

void make_file(const char *path, size_t size)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	char page[PAGE_SIZE] = { 1 };
	size_t done;

	if (fd < 0)
		die("%s: %m", path);
	for (done = 0; done < size; done += sizeof(page))
		if (write(fd, page, sizeof(page)) != sizeof(page))
			die("%s: %m; it takes %zu bytes of memory", path, size);
	close(fd);
}

void *map_pages(size_t pages)
{
	void *p = mmap(NULL, pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap of %zu pages: %m", pages);
	return p;
}

void write_pages(void *start, size_t pages)
{
	char *p = start, *end = p + pages * PAGE_SIZE;

	for (; p < end; p += PAGE_SIZE)
		__atomic_store_n(p, 1, __ATOMIC_RELAXED);
}

void read_pages(const void *start, size_t pages)
{
	const char *p = start, *end = p + pages * PAGE_SIZE;

	for (; p < end; p += PAGE_SIZE)
		__atomic_load_n(p, __ATOMIC_RELAXED);
}

/*
 * The partner dies with the row's process: no row has to stop it.  Partners
 * keep all pipes and sockets open that they inherit, so none meets an end of
 * file before the signal.
 */
void start_partner(void (*loop)(void *arg), void *arg)
{
	int pid = fork();

	if (pid < 0)
		die("fork: %m");
	if (pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	loop(arg);
	_exit(EXIT_SUCCESS);
}

void wait_child(int pid)
{
	int status;

	if (pid < 0)
		die("fork: %m");
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid: %m");
	if (status)
		die("child ended with wait status %#x", status);
}

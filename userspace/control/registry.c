// SPDX-License-Identifier: GPL-2.0-only
/* The VMs that run: see registry.h. */
#include "control/registry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define FOLDER		"/run/corbel"
#define PATH_SIZE	(sizeof(FOLDER) + REGISTRY_NAME_MAX + sizeof("/control"))
#define NUMBERS_MAX	10000

static void make_path(char path[PATH_SIZE], const char *name, const char *file)
{
	snprintf(path, PATH_SIZE, FOLDER "/%s/%s", name, file);
}

static int check_name(const char *name, struct error *err)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t valid = strspn(name, allowed);

	if (!*name || name[valid] || strchr("._-", *name) ||
	    strlen(name) > REGISTRY_NAME_MAX)
		return error_set(err,
				 "'%s' is no name for a VM: use up to %d letters, digits, '.', '_' and '-', the first a letter or digit",
				 name, REGISTRY_NAME_MAX);
	return 0;
}

/* Whoever adds or removes folders holds this. */
static int lock_folder(struct error *err)
{
	int fd;

	if (mkdir(FOLDER, 0700) && errno != EEXIST)
		return error_set(err, FOLDER ": %m%s",
				 errno == EACCES ? " (be root)" : "");
	fd = open(FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX)) {
		error_set(err, FOLDER ": %m%s",
			  errno == EACCES ? " (be root)" : "");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

/* Returns the lock of a VM, or -1 with EWOULDBLOCK if its process runs. */
static int take_lock(const char *name)
{
	char path[PATH_SIZE];
	int fd;

	make_path(path, name, "lock");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static void remove_files(const char *name)
{
	char path[PATH_SIZE];

	make_path(path, name, "control");
	unlink(path);
	make_path(path, name, "lock");
	unlink(path);
	make_path(path, name, "");
	rmdir(path);
}

static int listen_at(const char *name, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	make_path(address.sun_path, name, "control");
	unlink(address.sun_path);
	if (fd >= 0 &&
	    !bind(fd, (struct sockaddr *)&address, sizeof(address)) &&
	    !listen(fd, SOMAXCONN))
		return fd;
	error_set(err, "%s: %m", address.sun_path);
	if (fd >= 0)
		close(fd);
	return -1;
}

static int add_locked(struct registration *r, const char *name,
		      struct error *err)
{
	char path[PATH_SIZE];

	make_path(path, name, "");
	if (mkdir(path, 0700) && errno != EEXIST)
		return error_set(err, "%s: %m", path);
	r->lock = take_lock(name);
	if (r->lock < 0)
		return error_set(err, errno == EWOULDBLOCK ?
				 "there is a VM named %s already: choose another --name, or stop it with `corbel stop %s`" :
				 "%s: %m", name, name);
	r->listener = listen_at(name, err);
	if (r->listener < 0) {
		remove_files(name);
		close(r->lock);
		return -1;
	}
	strcpy(r->name, name);
	return 0;
}

static bool is_taken(const char *name)
{
	int lock;
	char path[PATH_SIZE];

	make_path(path, name, "");
	if (access(path, F_OK))
		return false;
	lock = take_lock(name);
	if (lock >= 0)
		close(lock);
	return lock < 0;
}

static int add_numbered(struct registration *r, struct error *err)
{
	char name[sizeof(r->name)];
	unsigned int i;

	for (i = 1; i < NUMBERS_MAX; i++) {
		snprintf(name, sizeof(name), "vm%u", i);
		if (!is_taken(name))
			return add_locked(r, name, err);
	}
	return error_set(err, "vm1 to vm%u are all taken: give a --name",
			 NUMBERS_MAX - 1);
}

int registry_add(struct registration *r, const char *name, struct error *err)
{
	int folder, result;

	if (name && check_name(name, err))
		return -1;
	folder = lock_folder(err);
	if (folder < 0)
		return -1;
	result = name ? add_locked(r, name, err) : add_numbered(r, err);
	close(folder);
	return result;
}

void registry_remove(struct registration *r)
{
	struct error unused;
	int folder = lock_folder(&unused);

	remove_files(r->name);
	close(r->listener);
	close(r->lock);
	if (folder >= 0)
		close(folder);
}

/* Listing */

static int compare_names(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

/* Those that are taken; removes what is left of the others. */
static char **collect(DIR *dir)
{
	char **names = calloc(1, sizeof(*names)), **more;
	struct dirent *entry;
	size_t n = 0;

	while (names && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (!is_taken(entry->d_name)) {
			remove_files(entry->d_name);
			continue;
		}
		more = reallocarray(names, n + 2, sizeof(*names));
		if (!more)
			break;
		names = more;
		names[n++] = strdup(entry->d_name);
		names[n] = NULL;
	}
	if (names)
		qsort(names, n, sizeof(*names), compare_names);
	return names;
}

char **registry_names(struct error *err)
{
	char **names = NULL;
	int folder = lock_folder(err);
	DIR *dir;

	if (folder < 0)
		return NULL;
	dir = opendir(FOLDER);
	if (dir) {
		names = collect(dir);
		closedir(dir);
	}
	if (!names)
		error_set(err, FOLDER ": %m");
	close(folder);
	return names;
}

void registry_free_names(char **names)
{
	char **name;

	for (name = names; name && *name; name++)
		free(*name);
	free(names);
}

int registry_connect(const char *name, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (check_name(name, err))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	make_path(address.sun_path, name, "control");
	if (fd >= 0 &&
	    !connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
		error_set(err,
			  "there is no VM named %s: `corbel list` shows them",
			  name);
	else
		error_set(err, "%s: %m%s", address.sun_path,
			  errno == EACCES ? " (be root)" : "");
	if (fd >= 0)
		close(fd);
	return -1;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * init of the guests: runs the programs named on the kernel's command line
 * behind "--", or all of them, and ends the machine.
 *
 * The console gets a line whenever a program ends a line, so it must be left
 * alone by the kernel.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/io.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define EXIT_PORT	0x5c0
#define CONSOLE_OFF	6

static void mount_all(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mkdir("/tmp", 01777);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	mount("tmp", "/tmp", "tmpfs", 0, NULL);
}

static void open_console(void)
{
	int fd = open("/dev/console", O_RDWR);
	struct termios settings;

	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	tcgetattr(0, &settings);
	settings.c_oflag &= ~OPOST;
	tcsetattr(0, TCSANOW, &settings);
	klogctl(CONSOLE_OFF, NULL, 0);
}

static void run(char *file, int argc, char **argv)
{
	char *args[argc + 2];
	pid_t pid;
	int i;

	args[0] = file;
	args[1] = argc > 1 ? "--only" : "--all";
	for (i = 1; i < argc; i++)
		args[i + 1] = argv[i];
	args[argc + 1] = NULL;
	pid = fork();
	if (!pid) {
		execv(file, args);
		_exit(EXIT_FAILURE);
	}
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	mount_all();
	open_console();
	run("/programs64", argc, argv);
	run("/programs32", argc, argv);
	tcdrain(1);
	if (!ioperm(EXIT_PORT, 1, 1))
		outb(EXIT_SUCCESS, EXIT_PORT);
	reboot(RB_POWER_OFF);
	return EXIT_FAILURE;
}

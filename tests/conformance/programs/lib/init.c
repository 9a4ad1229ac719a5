// SPDX-License-Identifier: GPL-2.0-only
/*
 * init of the guests: runs the programs in the list /programs, and ends the
 * machine.
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

static void run(const char *file)
{
	pid_t pid = fork();

	if (!pid) {
		execl(file, file, "--listed", "/programs", NULL);
		_exit(EXIT_FAILURE);
	}
	waitpid(pid, NULL, 0);
}

int main(void)
{
	mount_all();
	open_console();
	run("/programs64");
	run("/programs32");
	tcdrain(1);
	if (!ioperm(EXIT_PORT, 1, 1))
		outb(EXIT_SUCCESS, EXIT_PORT);
	reboot(RB_POWER_OFF);
	return EXIT_FAILURE;
}

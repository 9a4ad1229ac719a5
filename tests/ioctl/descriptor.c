// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptors: who may use them, and what keeps a VM alive: each of its
 * descriptors, those of its vCPUs and statistics, their copies in any process,
 * and their mappings.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ioctls.h"

TEST_EACH(descriptor_cloexec, "every descriptor is closed by exec()")
{
	struct guest guest;
	int fds[4];
	unsigned int i;

	guest_create(&guest, vm_type, &guest_exits, 1);
	fds[0] = guest.vm;
	fds[1] = guest.vcpus[0].fd;
	fds[2] = expect_ok(ioctl(guest.vm, CORBEL_GET_STATS_FD, 0));
	fds[3] = expect_ok(ioctl(guest.vcpus[0].fd, CORBEL_GET_STATS_FD, 0));
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		expect_equal(fcntl(fds[i], F_GETFD), FD_CLOEXEC);
}

TEST_EACH(descriptor_no_room, "without room for a descriptor CREATE_VM and CREATE_VCPU are EMFILE")
{
	struct guest guest;
	int last;

	guest_prepare(&guest, vm_type);
	do {
		last = dup(guest.device);
	} while (last >= 0);
	expect_equal(errno, EMFILE);
	expect_error(ioctl(guest.device, CORBEL_CREATE_VM, vm_type), EMFILE);
	expect_error(ioctl(guest.vm, CORBEL_CREATE_VCPU, 0), EMFILE);
	expect_error(ioctl(guest.vm, CORBEL_GET_STATS_FD, 0), EMFILE);
	/* What failed took no number. */
	close(100);
	expect_ok(ioctl(guest.vm, CORBEL_CREATE_VCPU, 0));
}

TEST_EACH(descriptor_dup, "a copy of a descriptor is as good as the first")
{
	struct guest guest;
	int fd;

	guest_create(&guest, vm_type, &guest_exits, 1);
	fd = expect_ok(dup(guest.vcpus[0].fd));
	close(guest.vcpus[0].fd);
	close(guest.vm);
	close(guest.device);
	guest.vcpus[0].fd = fd;
	expect_equal(guest_run_to_exit(&guest, 0), 42);
}

TEST_EACH(descriptor_epoll, "no descriptor can be waited for with epoll")
{
	struct epoll_event event = { .events = EPOLLIN };
	struct guest guest;
	int epoll = expect_ok(epoll_create1(0));
	unsigned int kind;

	guest_create(&guest, vm_type, &guest_exits, 1);
	for (kind = ON_DEVICE; kind <= ON_VCPU; kind <<= 1)
		expect_error(epoll_ctl(epoll, EPOLL_CTL_ADD,
				       descriptor(&guest, kind), &event),
			     EPERM);
}

/* Other processes */

/* All ioctls of one kind of descriptor are EIO. */
static void expect_foreign(int fd, unsigned int kind)
{
	size_t i;

	for (i = 0; i < nr_ioctls; i++) {
		if (!(ioctls[i].kinds & kind))
			continue;
		if (ioctl(fd, ioctls[i].number, 0) != -1 || errno != EIO)
			fail("%s from another process is not EIO but %s",
			     ioctls[i].name, error_name(errno));
	}
}

static void expect_success(pid_t child)
{
	int status;

	expect_equal(waitpid(child, &status, 0), child);
	expect_equal(status, 0);
}

TEST_EACH(descriptor_fork, "after fork() the child's ioctls are EIO, and the parent goes on")
{
	struct guest guest;
	pid_t child;

	guest_create(&guest, vm_type, &guest_exits, 1);
	child = expect_ok(fork());
	if (!child) {
		expect_foreign(guest.vm, ON_VM);
		expect_foreign(guest.vcpus[0].fd, ON_VCPU);
		/* The mapping is not inherited. */
		expect_error(msync(guest.vcpus[0].run, PAGE_SIZE, MS_ASYNC),
			     ENOMEM);
		/* It may have a VM of its own. */
		guest_create(&guest, vm_type, &guest_exits, 1);
		expect_equal(guest_run_to_exit(&guest, 0), 42);
		_exit(0);
	}
	expect_success(child);
	expect_equal(guest_run_to_exit(&guest, 0), 42);
}

static void send_fd(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = "", byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	expect_equal(sendmsg(socket, &message, 0), 1);
}

static int receive_fd(int socket)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd;

	expect_equal(recvmsg(socket, &message, 0), 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

/* Gets a guest from a process that ends before it may look. */
static void outlive_owner(int socket)
{
	long size = 2 * PAGE_SIZE;
	int vm = receive_fd(socket), vcpu = receive_fd(socket);
	char byte;

	expect_equal(read(socket, &byte, 1), 0);
	expect_foreign(vm, ON_VM);
	expect_foreign(vcpu, ON_VCPU);
	expect(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0) !=
	       MAP_FAILED);
	close(vm);
	close(vcpu);
	expect_foreign(expect_ok(open("/dev/corbel", O_RDWR)), 0);
}

TEST_EACH(descriptor_passed_on, "sent to a process that outlives the owner they are EIO, and no harm")
{
	struct guest guest;
	int sockets[2];
	pid_t child;

	expect_ok(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets));
	child = expect_ok(fork());
	if (!child) {
		close(sockets[1]);
		guest_create(&guest, vm_type, &guest_exits, 1);
		expect_equal(guest_run_to_exit(&guest, 0), 42);
		send_fd(sockets[0], guest.vm);
		send_fd(sockets[0], guest.vcpus[0].fd);
		_exit(0);
	}
	close(sockets[0]);
	expect_success(child);
	outlive_owner(sockets[1]);
}

TEST_EACH(descriptor_exec, "exec() ends a running vCPU, and the new program's end the VM")
{
	struct runner runner;
	struct guest guest;
	pid_t child = expect_ok(fork());

	if (!child) {
		guest_create(&guest, vm_type, &guest_counts, 1);
		runner_start(&runner, &guest, 0);
		wait_for_progress(&guest, 0);
		fcntl(guest.vm, F_SETFD, 0);
		fcntl(guest.vcpus[0].fd, F_SETFD, 0);
		execlp("busybox", "true", NULL);
		_exit(1);
	}
	expect_success(child);
	expect_equal(pinned_pages(), 0);
}

/* The end, in every order, while a vCPU runs */

enum { CLOSE_DEVICE, CLOSE_VM, CLOSE_RUNNING, CLOSE_OTHER, UNMAP, NR_ENDS };

static void end_one(struct guest *guest, int what)
{
	switch (what) {
	case CLOSE_DEVICE:
		close(guest->device);
		break;
	case CLOSE_VM:
		close(guest->vm);
		break;
	case CLOSE_RUNNING:
		close(guest->vcpus[0].fd);
		break;
	case CLOSE_OTHER:
		close(guest->vcpus[1].fd);
		break;
	case UNMAP:
		munmap(guest->vcpus[0].run, 2 * PAGE_SIZE);
		munmap(guest->vcpus[1].run, 2 * PAGE_SIZE);
		break;
	}
}

/* The n-th permutation. */
static void end_in_order(struct guest *guest, unsigned int n)
{
	int left[NR_ENDS] = {
		CLOSE_DEVICE, CLOSE_VM, CLOSE_RUNNING, CLOSE_OTHER, UNMAP,
	};
	unsigned int count;

	for (count = NR_ENDS; count; count--) {
		unsigned int i = n % count;

		n /= count;
		end_one(guest, left[i]);
		left[i] = left[count - 1];
	}
}

TEST_EACH(descriptor_close_orders, "descriptors are closed in all orders while a vCPU runs")
{
	struct runner runner;
	struct guest guest;
	unsigned int i;

	for (i = 0; i < 120; i++) {
		guest_create(&guest, vm_type, &guest_counts, 2);
		runner_start(&runner, &guest, 0);
		wait_for_progress(&guest, 0);
		end_in_order(&guest, i);
		if (i % 10 == 0)
			wait_for_progress(&guest, 0);
		runner_stop(&runner);
		expect_equal(runner.error, EINTR);
		munmap(guest.memory, guest.size);
	}
	expect_equal(number_in("/proc/self/status", "VmLck"), 0);
}

TEST_EACH(descriptor_mapping, "a mapping of a vCPU's page alone keeps it")
{
	struct guest guest;

	guest_create(&guest, vm_type, &guest_exits, 1);
	expect_equal(guest_run_to_exit(&guest, 0), 42);
	close(guest.vcpus[0].fd);
	close(guest.vm);
	close(guest.device);
	expect_equal(guest.vcpus[0].run->exit_reason, KVM_EXIT_IO);
	memset(guest.vcpus[0].run, 0, 2 * PAGE_SIZE);
	expect(number_in("/proc/self/status", "VmLck") > 0);
	munmap(guest.vcpus[0].run, 2 * PAGE_SIZE);
	expect_equal(number_in("/proc/self/status", "VmLck"), 0);
}

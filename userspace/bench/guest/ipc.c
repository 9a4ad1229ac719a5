// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of group ipc: two or more processes that wake each other on one CPU,
 * so that every hop is a switch of address space; and bulk data between two.
 */
#include <arpa/inet.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define RING_MAX	8
#define CACHE_LINE	64
#define BULK_SIZE	(64UL << 10)

/* Where a process gets the token from, and where it puts it. */
struct channel {
	int in;
	int out;
};

static struct channel channel;
static unsigned int ring_size;
static size_t touch_size;
static char *touch_area;
static char bulk[BULK_SIZE];

static void get_token(int in)
{
	char c;

	if (read(in, &c, 1) != 1)
		die("read of a token: %m");
}

static void put_token(int out)
{
	if (write(out, "", 1) != 1)
		die("write of a token: %m");
}

static void touch_lines(void)
{
	char *p = touch_area, *end = p + touch_size;

	for (; p < end; p += CACHE_LINE)
		__atomic_store_n(p, *p + 1, __ATOMIC_RELAXED);
}

static void pass_tokens(void *arg)
{
	const struct channel *ch = arg;

	for (;;) {
		get_token(ch->in);
		touch_lines();
		put_token(ch->out);
	}
}

static void make_pipe(int ends[2])
{
	if (pipe(ends))
		die("pipe: %m");
}

/*
 * Pipe i leads from process i to its successor; this process is number 0.
 * touch_area is private memory, so each process writes pages of its own.
 */
static void setup_ring(unsigned int size, size_t touch)
{
	int ends[RING_MAX][2];
	unsigned int i;

	ring_size = size;
	touch_size = touch;
	if (touch)
		touch_area = map_pages(touch / PAGE_SIZE);
	for (i = 0; i < size; i++)
		make_pipe(ends[i]);
	for (i = 1; i < size; i++)
		start_partner(pass_tokens, &(struct channel){
			.in = ends[i - 1][0], .out = ends[i][1] });
	channel.in = ends[size - 1][0];
	channel.out = ends[0][1];
}

static void setup_ring_2p_0k(unsigned int ops)
{
	setup_ring(2, 0);
}

static void setup_ring_8p_64k(unsigned int ops)
{
	setup_ring(8, 64UL << 10);
}

/* @n is a multiple of ring_size. */
static void run_ring(unsigned int n)
{
	for (; n; n -= ring_size) {
		put_token(channel.out);
		get_token(channel.in);
		touch_lines();
	}
}

static void run_round_trip(unsigned int n)
{
	while (n--) {
		put_token(channel.out);
		get_token(channel.in);
	}
}

static void start_echo(int mine, int theirs)
{
	start_partner(pass_tokens, &(struct channel){
		.in = theirs, .out = theirs });
	channel.in = mine;
	channel.out = mine;
}

static void setup_unix(unsigned int ops)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		die("socketpair: %m");
	start_echo(ends[0], ends[1]);
}

static int udp_socket(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	*addr = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	if (fd < 0 || bind(fd, (struct sockaddr *)addr, sizeof(*addr)) ||
	    getsockname(fd, (struct sockaddr *)addr, &len))
		die("UDP on 127.0.0.1: %m; is the interface lo up?");
	return fd;
}

static void udp_connect(int fd, const struct sockaddr_in *addr)
{
	if (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)))
		die("connect to 127.0.0.1: %m; is the interface lo up?");
}

static void setup_udp(unsigned int ops)
{
	struct sockaddr_in addr[2];
	int fd[2];

	fd[0] = udp_socket(&addr[0]);
	fd[1] = udp_socket(&addr[1]);
	udp_connect(fd[0], &addr[1]);
	udp_connect(fd[1], &addr[0]);
	start_echo(fd[0], fd[1]);
}

/* Two words in a shared page: whoever owns the turn finds its word at 1. */
static unsigned int *futex_words;

static void futex_pass(unsigned int *word)
{
	__atomic_store_n(word, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void futex_await(unsigned int *word)
{
	while (!__atomic_exchange_n(word, 0, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void futex_echo(void *arg)
{
	for (;;) {
		futex_await(&futex_words[0]);
		futex_pass(&futex_words[1]);
	}
}

static void setup_futex(unsigned int ops)
{
	futex_words = mmap(NULL, PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (futex_words == MAP_FAILED)
		die("mmap of a shared page: %m");
	start_partner(futex_echo, NULL);
}

static void run_futex(unsigned int n)
{
	while (n--) {
		futex_pass(&futex_words[0]);
		futex_await(&futex_words[1]);
	}
}

static void write_bulk(int out)
{
	size_t done;

	for (done = 0; done < MIB; done += sizeof(bulk))
		if (write(out, bulk, sizeof(bulk)) != sizeof(bulk))
			die("write to a pipe: %m");
}

static void read_bulk(int in)
{
	size_t left = MIB;
	ssize_t got;

	for (; left; left -= got) {
		got = read(in, bulk, sizeof(bulk));
		if (got <= 0)
			die("read of a pipe: %m");
	}
}

/* A writer per MiB, as a shell would start it. */
static void run_pipe_bw(unsigned int n)
{
	while (n--) {
		int ends[2];
		pid_t pid;

		make_pipe(ends);
		pid = fork();
		if (!pid) {
			write_bulk(ends[1]);
			_exit(0);
		}
		read_bulk(ends[0]);
		wait_child(pid);
		close(ends[0]);
		close(ends[1]);
	}
}

const struct row ipc_rows[] = {
	{
		.name = "ctx_2p_0k",
		.meaning = "hop of a token in a pipe ring of 2 processes",
		.iters = 200,
		.flags = ROW_QUICK,
		.setup = setup_ring_2p_0k,
		.run = run_ring,
	}, {
		.name = "ctx_8p_64k",
		.meaning = "hop in a ring of 8, each touching 64 KiB",
		.iters = 80,
		.setup = setup_ring_8p_64k,
		.run = run_ring,
	}, {
		.name = "pipe_rt",
		.meaning = "one-byte round trip of two processes, two pipes",
		.iters = 100,
		.flags = ROW_QUICK,
		.setup = setup_ring_2p_0k,
		.run = run_round_trip,
	}, {
		.name = "unix_rt",
		.meaning = "the same over an AF_UNIX stream pair",
		.iters = 50,
		.setup = setup_unix,
		.run = run_round_trip,
	}, {
		.name = "udp_rt",
		.meaning = "the same over UDP on loopback",
		.iters = 50,
		.setup = setup_udp,
		.run = run_round_trip,
	}, {
		.name = "futex_rt",
		.meaning = "the same over a shared futex",
		.iters = 100,
		.setup = setup_futex,
		.run = run_futex,
	}, {
		.name = "pipe_bw",
		.meaning = "1 MiB from a child through a pipe, 64 KiB writes",
		.iters = 1,
		.run = run_pipe_bw,
	},
	{ }
};

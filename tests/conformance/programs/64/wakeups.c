// SPDX-License-Identifier: GPL-2.0-only
/*
 * Wake-ups, on one CPU and between CPUs if there are two: by futex, pipe,
 * eventfd, signal and condition variable.  A lost one makes the program hang,
 * and the time limit shows it.  Then: is a thread where its affinity says, and
 * do all that tell the CPU's number agree?
 */
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/probe.h"

#define ROUNDS		150

static unsigned int cpus;

static void pin(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % cpus, &set);
	must("sched_setaffinity", sched_setaffinity(0, sizeof(set), &set));
}

/* Two sides that wait for each other; a side is 0 or 1. */
struct game {
	const char *name;
	void (*prepare)(void);
	void (*wake)(int other);
	void (*wait)(int self);
};

/* Futexes */

static int words[2];

static void prepare_nothing(void)
{
}

static void wake_futex(int other)
{
	__atomic_store_n(&words[other], 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &words[other], FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void wait_futex(int self)
{
	while (!__atomic_exchange_n(&words[self], 0, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, &words[self], FUTEX_WAIT, 0, NULL, NULL, 0);
}

/* Pipes and eventfds */

static int ends[2][2];

static void prepare_pipes(void)
{
	must("pipe", pipe(ends[0]));
	must("pipe", pipe(ends[1]));
}

static void prepare_eventfds(void)
{
	int i;

	for (i = 0; i < 2; i++) {
		ends[i][0] = must("eventfd", eventfd(0, 0));
		ends[i][1] = ends[i][0];
	}
}

static void wake_fd(int other)
{
	const uint64_t one = 1;

	must("write", write(ends[other][1], &one, sizeof(one)));
}

static void wait_fd(int self)
{
	uint64_t value;

	must("read", read(ends[self][0], &value, sizeof(value)));
}

/* Signals */

static pthread_t threads[2];
static pthread_barrier_t barrier;

static void wake_signal(int other)
{
	pthread_kill(threads[other], SIGUSR1);
}

static void wait_signal(int self)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigwait(&set, &sig);
}

static const struct game games[] = {
	{ "futex", prepare_nothing, wake_futex, wait_futex },
	{ "pipe", prepare_pipes, wake_fd, wait_fd },
	{ "eventfd", prepare_eventfds, wake_fd, wait_fd },
	{ "signal", prepare_nothing, wake_signal, wait_signal },
};

static const struct game *game;
static bool apart;

static void *play(void *arg)
{
	int self = (long)arg, i;

	pin(apart ? self : 0);
	pthread_barrier_wait(&barrier);
	for (i = 0; i < ROUNDS; i++) {
		if (self)
			game->wait(self);
		game->wake(!self);
		if (!self)
			game->wait(self);
	}
	return NULL;
}

static void play_all(void)
{
	size_t i;
	long side;

	for (i = 0; i < ARRAY_SIZE(games); i++) {
		game = &games[i];
		game->prepare();
		pthread_barrier_init(&barrier, NULL, 2);
		for (side = 0; side < 2; side++)
			pthread_create(&threads[side], NULL, play,
				       (void *)side);
		for (side = 0; side < 2; side++)
			pthread_join(threads[side], NULL);
		printf("%s, %s: done\n", game->name, apart ? "apart" :
		       "together");
	}
}

/* Field 39 of /proc/self/stat, behind the name in parentheses */
static unsigned int cpu_in_stat(void)
{
	char line[1024] = "", *s;
	FILE *f = fopen("/proc/thread-self/stat", "r");
	int i;

	if (!f || !fgets(line, sizeof(line), f))
		return -1;
	fclose(f);
	s = strrchr(line, ')');
	for (i = 3; s && i <= 39; i++)
		s = strchr(s + 1, ' ');
	return s ? atoi(s) : -1;
}

static unsigned int cpu_by_rdtscp(void)
{
	unsigned int aux;

	asm volatile("rdtscp" : "=c" (aux) : : "eax", "edx");
	return aux & 0xfff;
}

static unsigned int cpu_by_lsl(void)
{
	unsigned int limit = -1;

	asm volatile("lsl %1, %0" : "+r" (limit) : "r" (0x7b));
	return limit & 0xfff;
}

static void cpu_numbers(void)
{
	unsigned int i, cpu, node, wrong = 0;

	for (i = 0; i < 100; i++) {
		pin(i);
		getcpu(&cpu, &node);
		wrong += cpu != i % cpus || node || sched_getcpu() != (int)cpu ||
			 cpu_in_stat() != cpu || cpu_by_lsl() != cpu;
		/* Not every kernel uses RDTSCP; but it may be tried. */
		wrong += cpu_by_rdtscp() != cpu;
		syscall(SYS_getcpu, &cpu, &node, NULL);
		wrong += cpu != i % cpus;
	}
	printf("CPU numbers wrong: %u\n", wrong);
}

BEHAVIOUR("no wake-up is lost, and all agree which CPU a thread is on")
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	cpus = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 2 : 1;
	play_all();
	apart = true;
	play_all();
	cpu_numbers();
}

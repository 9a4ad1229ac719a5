// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time: clocks that never go back, on one CPU and between CPUs; sleeps and
 * timers that are not early and not absurdly late; CPU time that is counted.
 * All that is shown is whether it is right: how late is a matter of speed.
 */
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#include "lib/probe.h"

#define TOO_LATE	3000000000LL	/* 3 s, on a busy emulated machine */
#define READS		5000

static long long now(clockid_t clock)
{
	struct timespec t;

	must("clock_gettime", clock_gettime(clock, &t));
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void show(const char *what, bool right)
{
	printf("%s: %s\n", what, right ? "right" : "wrong");
}

static void clocks(void)
{
	static const clockid_t ids[] = {
		CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW,
		CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME,
		CLOCK_TAI, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
	};
	size_t i;
	int k;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		struct timespec resolution;
		long long last = now(ids[i]), t;
		bool right = true;

		for (k = 0; k < 500; k++) {
			t = now(ids[i]);
			right &= t >= last;
			last = t;
		}
		must("clock_getres", clock_getres(ids[i], &resolution));
		printf("clock %d, resolution %ld: ", (int)ids[i],
		       resolution.tv_nsec);
		show("does not go back", right);
	}
}

/* By the vDSO and by the kernel, in turns */
static void by_system_call(void)
{
	struct timespec t;
	long long last = 0, next;
	bool right = true;
	int i;

	for (i = 0; i < 1000; i++) {
		syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t);
		next = t.tv_sec * 1000000000LL + t.tv_nsec;
		right &= next >= last;
		last = now(CLOCK_MONOTONIC);
		right &= last >= next;
	}
	show("vDSO and system call agree", right);
}

/* Each thread sees no time before the latest that any has seen. */
static long long latest;
static int went_back;

static void *read_clock(void *arg)
{
	int i;

	for (i = 0; i < READS; i++) {
		long long seen = __atomic_load_n(&latest, __ATOMIC_ACQUIRE);
		long long t = now(CLOCK_MONOTONIC);

		if (t < seen)
			__atomic_add_fetch(&went_back, 1, __ATOMIC_RELAXED);
		while (t > seen &&
		       !__atomic_compare_exchange_n(&latest, &seen, t, false,
						    __ATOMIC_ACQ_REL,
						    __ATOMIC_ACQUIRE))
			;
	}
	return NULL;
}

static void between_threads(void)
{
	pthread_t threads[2];
	int i;

	for (i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, read_clock, NULL);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	show("no thread sees time go back", !went_back);
}

static void sleeps(void)
{
	static const long lengths[] = { 1, 1000, 100000, 1000000, 50000000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct timespec t = { 0, lengths[i] };
		long long start = now(CLOCK_MONOTONIC), took;

		nanosleep(&t, NULL);
		took = now(CLOCK_MONOTONIC) - start;
		printf("sleep of %ld ns: ", lengths[i]);
		show("length", took >= lengths[i] &&
		     took < lengths[i] + TOO_LATE);
	}
}

static void posix_timer(void)
{
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1,
	};
	const struct itimerspec period = { { 0, 5000000 }, { 0, 5000000 } };
	long long start = now(CLOCK_MONOTONIC), took;
	int expired = 0, sig;
	timer_t timer;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	must("timer_create", timer_create(CLOCK_MONOTONIC, &event, &timer));
	must("timer_settime", timer_settime(timer, 0, &period, NULL));
	while (expired < 20) {
		sigwait(&set, &sig);
		expired += 1 + timer_getoverrun(timer);
	}
	timer_delete(timer);
	took = now(CLOCK_MONOTONIC) - start;
	show("20 periods of 5 ms", took >= 100000000 && took < TOO_LATE);
}

static void burn(long long ns)
{
	long long end = now(CLOCK_PROCESS_CPUTIME_ID) + ns;

	while (now(CLOCK_PROCESS_CPUTIME_ID) < end)
		;
}

static volatile sig_atomic_t alarms;

static void count_alarm(int sig)
{
	alarms++;
}

static void interval_timers(void)
{
	static const struct {
		int which, sig;
	} timers[] = {
		{ ITIMER_REAL, SIGALRM }, { ITIMER_VIRTUAL, SIGVTALRM },
		{ ITIMER_PROF, SIGPROF },
	};
	const struct itimerval once = { {}, { 0, 20000 } };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(timers); i++) {
		int n;

		alarms = 0;
		signal(timers[i].sig, count_alarm);
		setitimer(timers[i].which, &once, NULL);
		for (n = 0; !alarms && n < 300; n++)
			burn(10000000);
		printf("timer %d: %d\n", timers[i].which, alarms);
	}
}

static void cpu_time(void)
{
	struct rusage before, after;
	struct tms t;
	long long used;

	getrusage(RUSAGE_SELF, &before);
	burn(100000000);
	getrusage(RUSAGE_SELF, &after);
	used = (after.ru_utime.tv_sec - before.ru_utime.tv_sec +
		after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1000000LL +
	       after.ru_utime.tv_usec - before.ru_utime.tv_usec +
	       after.ru_stime.tv_usec - before.ru_stime.tv_usec;
	show("CPU time", used >= 90000 && used < TOO_LATE / 1000);
	show("times", times(&t) != -1 && t.tms_utime + t.tms_stime > 0);
}

static void too_long(void *arg)
{
	const struct rlimit limit = { 1, 1 };

	setrlimit(RLIMIT_CPU, &limit);
	signal(SIGXCPU, SIG_IGN);
	for (;;)
		;
}

BEHAVIOUR("clocks never go back, sleeps and timers end in time")
{
	clocks();
	by_system_call();
	between_threads();
	sleeps();
	posix_timer();
	interval_timers();
	cpu_time();
	printf("RLIMIT_CPU: %s\n", wait_status(in_child(too_long, NULL)));
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small test harness for programs that may hang, crash or be killed.
 *
 * Every test is a function of its own process, so that it starts with nothing
 * and whatever it leaves behind goes with it.  It ends well by returning; the
 * first expectation that is not met ends it and says what came instead.  One
 * that takes too long is killed.
 *
 *	TEST(name, "what it proves") { ... }
 *
 * TEST_EACH() makes one test for each type of VM, which is then in vm_type.
 * Each is one line on standard output: "ok NAME - what it proves" or "not ok
 * NAME - what was expected and what came instead".
 */
#ifndef TESTS_LIB_TEST_H
#define TESTS_LIB_TEST_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <linux/corbel.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Seconds after which a test has failed, unless it asks for more.  On a slow
 * kernel TEST_SLOWNESS in the environment multiplies them.
 */
#define TEST_SECONDS 20

struct test {
	const char *name;
	const char *proves;
	void (*run)(void);
	bool each_type;
};

#define DEFINE_TEST(id, text, each)					\
	static void test_##id(void);					\
	static const struct test the_test_##id = {			\
		.name = #id, .proves = text, .run = test_##id,		\
		.each_type = each,					\
	};								\
	static const struct test *const pointer_##id			\
		__attribute__((section("tests"), used, no_reorder)) =	\
		&the_test_##id;						\
	static void test_##id(void)

#define TEST(id, proves)	DEFINE_TEST(id, proves, false)
#define TEST_EACH(id, proves)	DEFINE_TEST(id, proves, true)

/* The type that a TEST_EACH() is for; for any other, pv. */
extern enum corbel_vm_type vm_type;

/* Give this test more time than others. */
void test_takes(unsigned int seconds);

/* End this test, which has failed. */
__attribute__((noreturn, format(printf, 3, 4)))
void test_fail(const char *file, int line, const char *format, ...);

#define fail(...)	test_fail(__FILE__, __LINE__, __VA_ARGS__)

#define expect(condition)						\
	do {								\
		if (!(condition))					\
			fail("not so: %s", #condition);			\
	} while (0)

#define expect_equal(expression, value)					\
	do {								\
		unsigned long long got_ = (expression), want_ = (value);\
									\
		if (got_ != want_)					\
			fail("%s is %#llx, not %#llx", #expression,	\
			     got_, want_);				\
	} while (0)

/* A call as of a system call: -1 and errno, or a result. */
#define expect_error(call, error)					\
	test_expect_error(__FILE__, __LINE__, #call, (call), error)

#define expect_ok(call)							\
	test_expect_ok(__FILE__, __LINE__, #call, (call))

void test_expect_error(const char *file, int line, const char *call,
		       long result, int error);
long test_expect_ok(const char *file, int line, const char *call, long result);

/* For errors that only show as a value. */
const char *error_name(int error);

#endif /* TESTS_LIB_TEST_H */

// SPDX-License-Identifier: GPL-2.0-only
/* corbel run */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "cli/detach.h"
#include "cli/mode.h"
#include "cli/session.h"
#include "cli/size.h"
#include "cli/verbs.h"
#include "initramfs/builtin.h"
#include "lib/array.h"
#include "loader/shim.h"

#define MEMORY_DEFAULT	(256ULL << 20)
#define TIMEOUT_MAX	(365 * 24 * 3600)

/* With a command, the console is its alone. */
#define CONSOLE		"console=ttyS0"
#define QUIET		" loglevel=1"

struct options {
	enum mode_wish mode;
	enum paging_wish paging;
	char *kernel;
	const char *initrd;
	const char *append;
	const char *name;
	const char *exec;
	const char *hooks;
	uint64_t memory;
	unsigned int cpus;
	unsigned int timeout;
	bool detach;
};

enum option_key {
	KEY_PAGING = 256,
	KEY_APPEND,
	KEY_EXEC,
	KEY_HOOKS,
};

static const struct argp_option argp_options[] = {
	{ "mode", 'm', "auto|pv|hvm|kvm", 0,
	  "how to run it: auto (default) takes the best that works here", 1 },
	{ "paging", KEY_PAGING, "nested|shadow", 0,
	  "mode hvm: by the CPU, or by Corbel", 1 },
	{ "kernel", 'k', "FILE", 0,
	  "bzImage or ELF kernel (default: this machine's)", 2 },
	{ "initrd", 'i', "FILE", 0,
	  "initramfs (default: a small one with a shell)", 2 },
	{ "append", KEY_APPEND, "ARGS", 0,
	  "more for the kernel command line", 2 },
	{ "exec", KEY_EXEC, "COMMAND", 0,
	  "in the default initramfs: run COMMAND instead of the shell", 2 },
	{ "mem", 'M', "SIZE", 0, "memory, such as 512M or 2G (256M)", 3 },
	{ "cpus", 'c', "N", 0, "vCPUs (1)", 3 },
	{ "name", 'n', "NAME", 0, "name (vm1, vm2, ...)", 4 },
	{ "detach", 'd', NULL, 0,
	  "run in the background, and print the name", 4 },
	{ "timeout", 't', "SECONDS", 0, "end it after that time", 4 },
	{ "pv-hooks", KEY_HOOKS, "all|minimal|LIST", 0,
	  "mode pv: use only some of the hooks below", 5 },
	{ }
};

static const char doc[] =
	"Boot a kernel in a virtual machine.  Its first serial port, ttyS0, is this "
	"terminal; it ends when the guest powers off, reboots, halts or panics."
	"\vThe status is the guest's own: that of --exec, or of a write to the exit "
	"port; else 0.  124: the time was over; 125: Corbel failed; 126: the machine "
	"died or was stopped; 127: --exec found no such command.";

/* Parsing */

static unsigned int parse_choice(const char *arg, const char *what,
				 const char *const choices[],
				 struct argp_state *state)
{
	unsigned int i;

	for (i = 0; choices[i]; i++)
		if (!strcmp(arg, choices[i]))
			return i;
	argp_error(state, "%s '%s' does not exist", what, arg);
	return 0;
}

static unsigned int parse_number(const char *arg, const char *what,
				 unsigned int min, unsigned int max,
				 struct argp_state *state)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (end == arg || *end || *arg == '-' || n < min || n > max)
		argp_error(state, "%s: '%s' is not a number from %u to %u",
			   what, arg, min, max);
	return n;
}

static uint64_t parse_memory(const char *arg, struct argp_state *state)
{
	uint64_t size;

	if (size_parse(arg, &size) || size < MACHINE_MEMORY_MIN ||
	    size > MACHINE_MEMORY_MAX || size % (1 << 20))
		argp_error(state,
			   "--mem: '%s' is not a size from 32M to 1T in whole MiB",
			   arg);
	return size;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const modes[] = { "auto", "pv", "hvm", "kvm", NULL };
	static const char *const pagings[] = {
		"auto", "nested", "shadow", NULL
	};
	struct options *o = state->input;

	switch (key) {
	case 'm':
		o->mode = parse_choice(arg, "mode", modes, state);
		break;
	case KEY_PAGING:
		o->paging = parse_choice(arg, "paging", pagings, state);
		break;
	case 'k':
		o->kernel = strdup(arg);
		break;
	case 'i':
		o->initrd = arg;
		break;
	case KEY_APPEND:
		o->append = arg;
		break;
	case KEY_EXEC:
		o->exec = arg;
		break;
	case 'M':
		o->memory = parse_memory(arg, state);
		break;
	case 'c':
		o->cpus = parse_number(arg, "--cpus", 1, MACHINE_CPUS_MAX,
				       state);
		break;
	case 'n':
		o->name = arg;
		break;
	case 'd':
		o->detach = true;
		break;
	case 't':
		o->timeout = parse_number(arg, "--timeout", 1, TIMEOUT_MAX,
					  state);
		break;
	case KEY_HOOKS:
		o->hooks = arg;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is one argument too many", arg);
		break;
	case ARGP_KEY_END:
		if (o->exec && o->initrd)
			argp_error(state,
				   "--exec runs in the default initramfs, not in that of --initrd");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* The list of hooks is the shim's own. */
static char *filter_help(int key, const char *text, void *input)
{
	const char *name;
	size_t size;
	char *help;
	FILE *out;
	unsigned int i;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	out = open_memstream(&help, &size);
	if (!out)
		return NULL;
	fprintf(out, "%s\n\nHooks:", text);
	for (i = 0; (name = shim_hook_name(i)); i++)
		fprintf(out, " %s", name);
	fprintf(out, "\n\n`corbel console` and `corbel stop` take its name.  On a terminal, "
		CONSOLE_ESCAPE_NAME " ends it.");
	fclose(out);
	return help;
}

/* The pieces of a machine */

static int load_initrd(const char *path, struct machine_config *config,
		       struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *bytes;

	if (fd < 0 || fstat(fd, &st)) {
		error_set(err, "--initrd %s: %m", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	bytes = st.st_size ? mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd,
				  0) : NULL;
	close(fd);
	if (bytes == MAP_FAILED)
		return error_set(err, "--initrd %s: %m", path);
	config->initrd = bytes;
	config->initrd_size = st.st_size;
	return 0;
}

static int make_initrd(const struct options *o, struct machine_config *config,
		       struct error *err)
{
	char *bytes;

	if (o->initrd)
		return load_initrd(o->initrd, config, err);
	if (builtin_shell(o->exec, &bytes, &config->initrd_size, err))
		return -1;
	config->initrd = bytes;
	return 0;
}

static char *make_cmdline(const struct options *o)
{
	char *cmdline;

	if (asprintf(&cmdline, CONSOLE "%s%s%s", o->exec ? QUIET : "",
		     o->append ? " " : "", o->append ? o->append : "") < 0)
		return NULL;
	return cmdline;
}

struct run {
	const struct options *options;
	const struct machine_config *machine;
	const char *why;	/* this mode */
	int detached;		/* for detach_succeed() */
};

static void introduce(const struct run *run)
{
	const struct machine_config *m = run->machine;

	complain("%s in mode %s: %s", m->kernel, backend_mode_name(m->mode),
		 run->why);
	if (isatty(STDIN_FILENO) && !run->options->detach)
		complain(CONSOLE_ESCAPE_NAME " ends it");
}

static void on_started(void *opaque, const char *name)
{
	const struct run *run = opaque;

	introduce(run);
	if (run->options->detach)
		detach_succeed(run->detached, name);
}

static int prepare(struct options *o, struct session_config *config,
		   const char **why, struct error *err)
{
	struct machine_config *m = &config->machine;

	if (mode_choose(o->mode, o->paging, &m->mode, why, err))
		return -1;
	if (!o->kernel)
		o->kernel = mode_find_kernel(err);
	if (!o->kernel || make_initrd(o, m, err))
		return -1;
	m->kernel = o->kernel;
	m->cmdline = make_cmdline(o);
	m->memory = o->memory;
	m->cpus = o->cpus;
	m->hooks = o->hooks;
	config->name = o->name;
	config->timeout = o->timeout;
	config->detached = o->detach;
	config->cook_output = o->exec;
	/* Once for what has no end of line, once for the end of file. */
	config->end_of_input = o->initrd ? "" : "\x04\x04";
	return 0;
}

static int run(struct options *o, struct error *err)
{
	struct run run = { .options = o };
	struct session_config config = {
		.started = on_started, .opaque = &run,
	};

	run.machine = &config.machine;
	if (prepare(o, &config, &run.why, err))
		return STATUS_CORBEL_FAILED;
	if (o->detach) {
		run.detached = detach();
		if (run.detached < 0) {
			error_set(err, "going into the background: %m");
			return STATUS_CORBEL_FAILED;
		}
		openlog("corbel", LOG_PID, LOG_DAEMON);
	}
	return session_run(&config, err);
}

int verb_run(int argc, char **argv)
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.doc = doc,
		.help_filter = filter_help,
	};
	struct options options = {
		.memory = MEMORY_DEFAULT, .cpus = 1, .hooks = "all",
	};
	struct error err = { "" };
	int status;

	argp_err_exit_status = STATUS_CORBEL_FAILED;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	status = run(&options, &err);
	if (err.text[0]) {
		complain("%s", err.text);
		if (options.detach)
			syslog(LOG_NOTICE, "%s", err.text);
	}
	return status;
}

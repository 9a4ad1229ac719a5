// SPDX-License-Identifier: GPL-2.0-only
/*
 * corbel bench: the same kernel, initramfs and memory in every mode, compared
 * with native.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "bench/column.h"
#include "bench/report.h"
#include "bench/runner.h"
#include "cli/cpu.h"
#include "cli/mode.h"
#include "cli/size.h"
#include "cli/verbs.h"
#include "initramfs/builtin.h"
#include "lib/array.h"

#define MEMORY_DEFAULT	(256ULL << 20)
#define ADDED_MAX	8

static const struct {
	const char *name;
	enum backend_mode mode;
} vm_columns[] = {
	{ "pv", BACKEND_PV },
	{ "hvm-npt", BACKEND_HVM_NESTED },
	{ "hvm-shadow", BACKEND_HVM_SHADOW },
	{ "kvm-npt", BACKEND_KVM },
};

struct options {
	struct runner_config runner;
	const char *modes;		/* NULL: all */
	const char *native;
	const char *added[ADDED_MAX];	/* COLUMN=FILE */
	unsigned int added_count;
	const char *save;
	const char *out;
	const char *initramfs;
	bool json;
};

struct bench {
	struct options *options;
	json_t *columns;
	json_t *absent;
	json_t *host;
};

enum option_key {
	KEY_APPEND = 256,
	KEY_NATIVE,
	KEY_ADD,
	KEY_SAVE,
	KEY_INITRAMFS,
};

static const struct argp_option argp_options[] = {
	{ "modes", 'm', "A,B,...", 0,
	  "of native, pv, hvm-npt, hvm-shadow, kvm-npt (all that work)", 1 },
	{ "set", 's', "quick|full", 0, "which rows (full)", 1 },
	{ "rows", 'r', "A,B,...", 0, "these rows only", 1 },
	{ "rounds", 'R', "N", 0, "timed rounds for each row", 1 },
	{ "kernel", 'k', "FILE", 0, "kernel to boot (this machine's)", 2 },
	{ "append", KEY_APPEND, "ARGS", 0, "more for its command line", 2 },
	{ "mem", 'M', "SIZE", 0, "memory of each VM (256M)", 2 },
	{ "native", KEY_NATIVE, "FILE", 0,
	  "take what the same system printed when it ran natively, instead of running in this one's userspace", 3 },
	{ "add", KEY_ADD, "COLUMN=FILE", 0,
	  "add a column that another run has saved", 3 },
	{ "save", KEY_SAVE, "DIR", 0, "save each column as DIR/COLUMN.json", 3 },
	{ "out", 'o', "DIR", 0, "write DIR/bench.html and DIR/bench.json", 4 },
	{ "json", 'j', NULL, 0, "print JSON instead of tables", 4 },
	{ "write-initramfs", KEY_INITRAMFS, "FILE", 0,
	  "only write the initramfs, to boot it elsewhere", 4 },
	{ }
};

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

static bool is_column(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vm_columns); i++)
		if (!strcmp(vm_columns[i].name, name))
			return true;
	return !strcmp(name, REPORT_NATIVE);
}

static void check_modes(const char *modes, struct argp_state *state)
{
	char *list = strdup(modes), *rest, *name;

	for (name = strtok_r(list, ",", &rest); name;
	     name = strtok_r(NULL, ",", &rest))
		if (!is_column(name))
			argp_error(state, "--modes: there is no '%s'", name);
	free(list);
}

static bool is_wanted(const struct options *o, const char *name)
{
	size_t len = strlen(name);
	const char *at;

	if (!o->modes)
		return true;
	for (at = o->modes; (at = strstr(at, name)); at += len)
		if ((at == o->modes || at[-1] == ',') &&
		    (!at[len] || at[len] == ','))
			return true;
	return false;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'm':
		check_modes(arg, state);
		o->modes = arg;
		break;
	case 's':
		if (strcmp(arg, "quick") && strcmp(arg, "full"))
			argp_error(state, "--set: there is no '%s'", arg);
		o->runner.set = arg;
		break;
	case 'r':
		o->runner.rows = arg;
		break;
	case 'R':
		o->runner.rounds = atoi(arg);
		if (!o->runner.rounds)
			argp_error(state, "--rounds: '%s' is no number above 0",
				   arg);
		break;
	case 'k':
		o->runner.kernel = arg;
		break;
	case KEY_APPEND:
		o->runner.append = arg;
		break;
	case 'M':
		o->runner.memory = parse_memory(arg, state);
		break;
	case KEY_NATIVE:
		o->native = arg;
		break;
	case KEY_ADD:
		if (!strchr(arg, '=') || o->added_count == ADDED_MAX)
			argp_error(state, "--add: '%s' is not COLUMN=FILE, or one too many",
				   arg);
		o->added[o->added_count++] = arg;
		break;
	case KEY_SAVE:
		o->save = arg;
		break;
	case 'o':
		o->out = arg;
		break;
	case 'j':
		o->json = true;
		break;
	case KEY_INITRAMFS:
		o->initramfs = arg;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is one argument too many", arg);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* Files */

static int make_dir(const char *dir, struct error *err)
{
	if (mkdir(dir, 0777) && errno != EEXIST)
		return error_set(err, "%s: %m", dir);
	return 0;
}

static FILE *create(const char *dir, const char *name, const char *suffix,
		    struct error *err)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s%s", dir, name, suffix);
	file = fopen(path, "w");
	if (!file)
		error_set(err, "%s: %m", path);
	return file;
}

static int close_file(FILE *file, struct error *err)
{
	bool failed = ferror(file);

	if (fclose(file) || failed)
		return error_set(err, "writing results: %m");
	return 0;
}

static int write_json(json_t *json, const char *dir, const char *name,
		      struct error *err)
{
	FILE *file;

	if (make_dir(dir, err))
		return -1;
	file = create(dir, name, ".json", err);
	if (!file)
		return -1;
	json_dumpf(json, file, JSON_INDENT(1));
	fputc('\n', file);
	return close_file(file, err);
}

static int write_initramfs(const char *path, struct error *err)
{
	char *bytes;
	size_t size;
	FILE *file;

	if (builtin_bench(&bytes, &size, err))
		return -1;
	file = fopen(path, "w");
	if (!file) {
		free(bytes);
		return error_set(err, "%s: %m", path);
	}
	fwrite(bytes, size, 1, file);
	free(bytes);
	return close_file(file, err);
}

/* Columns */

static int add_column(struct bench *b, const char *name, json_t *column,
		      struct error *err)
{
	int result = 0;

	if (b->options->save)
		result = write_json(column, b->options->save, name, err);
	json_object_set_new(b->columns, name, column);
	return result;
}

static void add_absent(struct bench *b, const char *name,
		       const struct error *why)
{
	complain("%s: %s", name, why->text);
	json_object_set_new(b->absent, name, json_string(why->text));
}

static int add_native(struct bench *b, struct error *err)
{
	const char *file = b->options->native;
	json_t *column;

	if (!is_wanted(b->options, REPORT_NATIVE))
		return 0;
	json_object_set_new(b->host, "native", json_string(file ?
		"the same system, booted without a hypervisor" :
		"userspace of this host, not the system that the VMs boot"));
	column = file ? column_read_transcript(file, err) :
			runner_run_native(&b->options->runner, err);
	return column ? add_column(b, REPORT_NATIVE, column, err) : -1;
}

/* A mode that does not work is absent; one that fails is an error. */
static int add_vm(struct bench *b, unsigned int i, struct error *err)
{
	const char *name = vm_columns[i].name;
	struct error reason;
	json_t *column;

	if (!is_wanted(b->options, name))
		return 0;
	if (!backend_works(vm_columns[i].mode, &reason)) {
		add_absent(b, name, &reason);
		return 0;
	}
	column = runner_run_vm(&b->options->runner, vm_columns[i].mode, name,
			       &reason);
	if (column)
		return add_column(b, name, column, err);
	add_absent(b, name, &reason);
	return error_set(err, "%s: %s", name, reason.text);
}

static int add_saved(struct bench *b, const char *arg, struct error *err)
{
	const char *path = strchr(arg, '=') + 1;
	char name[64];
	json_error_t why;
	json_t *column = json_load_file(path, 0, &why);

	if (!column)
		return error_set(err, "--add %s: %s", arg, why.text);
	snprintf(name, sizeof(name), "%.*s", (int)(path - 1 - arg), arg);
	json_object_set_new(b->columns, name, column);
	return 0;
}

/* Every mode gets its turn, whatever becomes of another. */
static int run_all(struct bench *b, struct error *err)
{
	struct error one;
	int result = 0;
	unsigned int i;

	if (add_native(b, err))
		return -1;
	for (i = 0; i < ARRAY_SIZE(vm_columns); i++)
		if (add_vm(b, i, &one)) {
			*err = one;
			result = -1;
		}
	for (i = 0; i < b->options->added_count; i++)
		if (add_saved(b, b->options->added[i], err))
			return -1;
	return result;
}

/* Results */

static json_t *describe_host(const struct options *o)
{
	struct utsname uts;
	struct cpu cpu;
	char memory[32];

	uname(&uts);
	cpu_identify(&cpu);
	snprintf(memory, sizeof(memory), "%lu MiB",
		 (unsigned long)(o->runner.memory >> 20));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "kernel",
			 uts.release, "cpu", cpu.name, "cpu tested",
			 cpu.tested_as ? cpu.tested_as : "unverified",
			 "guest kernel", o->runner.kernel, "guest memory",
			 memory, "corbel", CORBEL_VERSION);
}

static int write_html(json_t *report, const char *dir, struct error *err)
{
	FILE *file = create(dir, "bench", ".html", err);

	if (!file)
		return -1;
	report_print_html(report, file);
	return close_file(file, err);
}

static int show(struct bench *b, struct error *err)
{
	const struct options *o = b->options;
	json_t *report = report_create(b->columns, b->absent, b->host);
	int result = 0;

	if (o->json)
		print_json(report);
	else
		report_print_table(report, stdout);
	if (o->out)
		result = write_json(report, o->out, "bench", err) ||
			 write_html(report, o->out, err) ? -1 : 0;
	if (!result && o->out)
		complain("results are in %s/bench.html and %s/bench.json",
			 o->out, o->out);
	if (!result)
		result = report_check_clocks(b->columns, err);
	json_decref(report);
	return result;
}

static int bench(struct options *o, struct error *err)
{
	struct error late = { "" };
	struct bench b = { .options = o };
	char *kernel = NULL;
	int result;

	if (!o->runner.kernel) {
		kernel = mode_find_kernel(err);
		if (!kernel)
			return -1;
		o->runner.kernel = kernel;
	}
	b.columns = json_object();
	b.absent = json_object();
	b.host = describe_host(o);
	result = run_all(&b, err);
	if (json_object_size(b.columns) && show(&b, &late)) {
		*err = late;
		result = -1;
	}
	json_decref(b.columns);
	free(kernel);
	return result;
}

int verb_bench(int argc, char **argv)
{
	static const struct argp argp = {
		.options = argp_options,
		.parser = parse,
		.doc = "Measure what operations cost natively and in virtual machines, with the "
		       "same kernel, programs and memory, and compare."
		       "\vOn an emulator that counts instructions, times are instructions.",
	};
	struct options options = { .runner.memory = MEMORY_DEFAULT };
	struct error err;
	int result;

	argp_err_exit_status = STATUS_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	if (options.initramfs)
		result = write_initramfs(options.initramfs, &err);
	else
		result = bench(&options, &err);
	if (result)
		complain("%s", err.text);
	return result ? STATUS_FAILED : 0;
}

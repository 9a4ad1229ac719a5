/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The verbs of `corbel`.  Each is a main() of its own, with argv[0] being
 * "corbel VERB"; what it returns is the status of the program.
 */
#ifndef CORBEL_CLI_VERBS_H
#define CORBEL_CLI_VERBS_H

#include <argp.h>
#include <jansson.h>
#include <stdbool.h>

/* Statuses of all verbs but run, which has those of session.h. */
#define STATUS_FAILED	1
#define STATUS_USAGE	2

struct verb {
	const char *name;
	const char *summary;
	int (*main)(int argc, char **argv);
};

/* The last one has no name. */
extern const struct verb verbs[];
const struct verb *verb_find(const char *name);

int verb_run(int argc, char **argv);
int verb_list(int argc, char **argv);
int verb_stop(int argc, char **argv);
int verb_console(int argc, char **argv);
int verb_stats(int argc, char **argv);
int verb_check(int argc, char **argv);
int verb_bench(int argc, char **argv);
int verb_version(int argc, char **argv);
int verb_help(int argc, char **argv);

/* What verbs that read have in common: --json, and the names of VMs. */
struct read_options {
	bool json;
	char **names;
	unsigned int name_count;
	unsigned int names_min;
	unsigned int names_max;
};

extern const struct argp_option read_argp_options[];
error_t read_argp_parse(int key, char *arg, struct argp_state *state);

/* Print JSON as all verbs do. */
void print_json(json_t *json);

/* "corbel: TEXT" on standard error. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

// SPDX-License-Identifier: GPL-2.0-only
/* What a row of the benchmark caused: see events.h. */
#include "bench/events.h"

#include <stdlib.h>

int events_open(struct events *events, const struct machine *machine,
		struct error *err)
{
	unsigned int i;

	*events = (struct events) {
		.statistics = calloc(machine->vcpu_count,
				     sizeof(*events->statistics)),
	};
	if (!events->statistics)
		return error_set(err, "statistics: %m");
	for (i = 0; i < machine->vcpu_count; i++, events->count++)
		if (statistics_open(&events->statistics[i], &machine->backend,
				    machine->vcpus[i].fd, err)) {
			events_close(events);
			return -1;
		}
	return 0;
}

void events_close(struct events *events)
{
	while (events->count)
		statistics_close(&events->statistics[--events->count]);
	free(events->statistics);
	json_decref(events->start);
	json_decref(events->row);
	*events = (struct events) { .count = 0 };
}

static void add(json_t *sums, const struct counter *counter)
{
	json_int_t sum = json_integer_value(json_object_get(sums,
							    counter->name));

	json_object_set_new(sums, counter->name,
			    json_integer(sum + counter->value));
}

static json_t *sum_up(struct events *events)
{
	json_t *sums = json_object();
	struct error unused;
	unsigned int i, j;

	for (i = 0; i < events->count; i++) {
		struct statistics *s = &events->statistics[i];

		if (statistics_read(s, &unused))
			continue;
		for (j = 0; j < s->count; j++)
			if (s->counters[j].is_cumulative)
				add(sums, &s->counters[j]);
	}
	return sums;
}

void events_mark(struct events *events, uint32_t mark)
{
	json_t *sums = sum_up(events), *start, *end;
	const char *name;

	if (mark % 2 == 0) {
		json_decref(events->start);
		events->start = sums;
		return;
	}
	json_object_foreach(sums, name, end) {
		start = json_object_get(events->start, name);
		json_integer_set(end, json_integer_value(end) -
				      json_integer_value(start));
	}
	json_decref(events->row);
	events->row = sums;
}

static json_t *per_op(json_t *count, double ops)
{
	return json_real(json_integer_value(count) / ops);
}

json_t *events_take(struct events *events, double ops)
{
	json_t *result, *count;
	const char *name;

	if (!events->row || ops <= 0)
		return NULL;
	result = json_object();
	json_object_foreach(events->row, name, count)
		if (json_integer_value(count))
			json_object_set_new(result, name,
					    per_op(count, ops));
	json_decref(events->row);
	events->row = NULL;
	return result;
}

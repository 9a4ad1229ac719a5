// SPDX-License-Identifier: GPL-2.0-only
/* Counters of a VM or a vCPU: see statistics.h. */
#include "vmm/statistics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More than any kernel has; whatever it says is not believed beyond. */
#define COUNTERS_MAX	1024
#define NAME_MAX_SIZE	256

static int read_all(int fd, void *to, size_t size, off_t at, struct error *err)
{
	ssize_t n = pread(fd, to, size, at);

	if (n == (ssize_t)size)
		return 0;
	if (n >= 0)
		errno = EPROTO;
	return error_set(err, "reading statistics: %m");
}

/* Histograms, which have many values, are left out. */
static int read_counter(struct statistics *s, const struct kvm_stats_header *h,
			const struct kvm_stats_desc *d, struct error *err)
{
	uint32_t kind = d->flags & KVM_STATS_TYPE_MASK;
	struct counter *counter = &s->counters[s->count];

	if (d->size != 1 || (kind != KVM_STATS_TYPE_CUMULATIVE &&
			     kind != KVM_STATS_TYPE_INSTANT))
		return 0;
	counter->name = strndup(d->name, h->name_size);
	if (!counter->name)
		return error_set(err, "reading statistics: %m");
	counter->is_cumulative = kind == KVM_STATS_TYPE_CUMULATIVE;
	counter->place = d->offset;
	if (d->offset + sizeof(uint64_t) > s->data_size)
		s->data_size = d->offset + sizeof(uint64_t);
	s->count++;
	return 0;
}

static int read_descriptors(struct statistics *s, struct error *err)
{
	struct kvm_stats_header h;
	size_t size;
	char *all;
	uint32_t i;

	if (read_all(s->fd, &h, sizeof(h), 0, err))
		return -1;
	if (h.num_desc > COUNTERS_MAX || h.name_size > NAME_MAX_SIZE)
		return error_set(err, "reading statistics: %u counters with names of %u bytes",
				 h.num_desc, h.name_size);
	size = sizeof(struct kvm_stats_desc) + h.name_size;
	all = malloc(h.num_desc * size);
	s->counters = calloc(h.num_desc, sizeof(*s->counters));
	s->data_offset = h.data_offset;
	if (!all || !s->counters ||
	    read_all(s->fd, all, h.num_desc * size, h.desc_offset, err)) {
		free(all);
		return -1;
	}
	for (i = 0; i < h.num_desc; i++)
		if (read_counter(s, &h, (void *)(all + i * size), err))
			break;
	free(all);
	return i == h.num_desc ? 0 : -1;
}

int statistics_open(struct statistics *s, const struct backend *backend,
		    int fd, struct error *err)
{
	memset(s, 0, sizeof(*s));
	s->fd = backend_ioctl(backend, fd, KVM_GET_STATS_FD, NULL);
	if (s->fd < 0)
		return error_set(err, "statistics: %m");
	if (!read_descriptors(s, err)) {
		s->data = malloc(s->data_size);
		if (s->data)
			return 0;
		error_set(err, "statistics: %m");
	}
	statistics_close(s);
	return -1;
}

int statistics_read(struct statistics *s, struct error *err)
{
	unsigned int i;

	if (read_all(s->fd, s->data, s->data_size, s->data_offset, err))
		return -1;
	for (i = 0; i < s->count; i++)
		memcpy(&s->counters[i].value, s->data + s->counters[i].place,
		       sizeof(s->counters[i].value));
	return 0;
}

void statistics_close(struct statistics *s)
{
	unsigned int i;

	for (i = 0; i < s->count; i++)
		free(s->counters[i].name);
	free(s->counters);
	free(s->data);
	if (s->fd >= 0)
		close(s->fd);
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}

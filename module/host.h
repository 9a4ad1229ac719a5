/* SPDX-License-Identifier: GPL-2.0-only */
/* What this host can run: host.c. */
#ifndef CORBEL_HOST_H
#define CORBEL_HOST_H

#include <linux/types.h>
#include <uapi/linux/corbel.h>

struct vendor_ops;

const struct vendor_ops *host_vendor(enum corbel_vm_type type);
int host_check(enum corbel_vm_type type, char *reason, size_t size);
long host_extension(unsigned long extension);

#endif /* CORBEL_HOST_H */

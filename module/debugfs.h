/* SPDX-License-Identifier: GPL-2.0-only */
/* What debugfs shows, for humans: debugfs.c. */
#ifndef CORBEL_DEBUGFS_H
#define CORBEL_DEBUGFS_H

struct vm;

void debugfs_init(void);
void debugfs_exit(void);
void debugfs_add_vm(struct vm *vm);
void debugfs_remove_vm(struct vm *vm);

#endif /* CORBEL_DEBUGFS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A serial port: a 16550A UART with a fast and patient terminal on its line.
 *
 * Fast: what the guest transmits has left at once; divisor and line parameters
 * are only stored.  Patient: the terminal obeys hardware flow control.  It
 * sends only while the guest asserts RTS and not in loopback, so that a driver
 * that starts, and for that clears its FIFO, takes nothing away.  (A guest that
 * polls for input asserts RTS, too, as towards any such terminal.)  CTS, DSR
 * and DCD are always asserted.
 *
 * As none can occur, there are no line errors and no changes of modem status.
 *
 * Every function may be called by any thread.
 */
#ifndef CORBEL_VMM_SERIAL_H
#define CORBEL_VMM_SERIAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/bus.h"

#define SERIAL_FIFO_SIZE	16

/* Where a serial port is and what it is connected to. */
struct serial_config {
	uint64_t port;
	unsigned int gsi;

	/*
	 * Set the level of the interrupt line.  Called only when it changes,
	 * with the device locked: it must not call back.
	 */
	void (*raise)(void *irqchip, unsigned int gsi, int level);
	void *irqchip;

	/*
	 * Take all @n bytes that the guest has transmitted.  Called by vCPU
	 * threads, by one at a time.  May block, which stops only vCPUs that
	 * transmit.
	 */
	void (*output)(void *console, const uint8_t *bytes, size_t n);

	/*
	 * There is room for input: called once after serial_input() took less
	 * than it was given.  The device is locked meanwhile: the callee must
	 * not call back, but wake up whoever has the input.
	 */
	void (*room)(void *console);
	void *console;
};

struct serial {
	struct serial_config config;
	struct io_region region;

	pthread_mutex_t output_lock;	/* held during output(), taken first */
	pthread_mutex_t lock;	/* protects all that follows */
	uint8_t ier;
	uint8_t fcr;
	uint8_t lcr;
	uint8_t mcr;
	uint8_t scr;
	uint8_t divisor[2];	/* low, high */
	bool thr_interrupt;	/* transmitter empty, and the guest not told */
	bool line;		/* level of the interrupt line */
	bool input_waits;	/* room() is due */
	uint8_t rx[SERIAL_FIFO_SIZE];
	unsigned int rx_first;
	unsigned int rx_count;
	uint8_t tx[SERIAL_FIFO_SIZE];
	unsigned int tx_count;
};

int serial_init(struct serial *s, const struct serial_config *config,
		struct io_bus *ports, struct error *err);

/*
 * The terminal sends @n bytes.  Returns how many fit; the caller keeps the
 * rest until room() is called.
 */
size_t serial_input(struct serial *s, const uint8_t *bytes, size_t n);

/*
 * Output what the guest has transmitted but not looked after.  For the end of
 * the guest; a driver that works needs no help.
 */
void serial_flush(struct serial *s);

#endif

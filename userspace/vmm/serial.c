// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers and FIFOs of a 16550A: see serial.h.
 *
 * With FIFOs on, transmitted bytes are collected until there are 16 or the
 * guest accesses another register, as it must to learn that they have left:
 * one call of output() for what a driver sends in one go.
 *
 * A received byte is reported at once: the time that a character timeout
 * takes is none here.
 *
 * The datasheet is National Semiconductor's PC16550D.
 */
#include "vmm/serial.h"

#include <linux/serial_reg.h>
#include <string.h>

#define UART_REGISTERS		8
#define UART_IER_ALL		(UART_IER_RDI | UART_IER_THRI |		\
				 UART_IER_RLSI | UART_IER_MSI)
#define UART_MCR_ALL		(UART_MCR_DTR | UART_MCR_RTS |		\
				 UART_MCR_OUT1 | UART_MCR_OUT2 | UART_MCR_LOOP)
#define UART_IIR_FIFOS_ON	0xc0

static bool fifos_on(const struct serial *s)
{
	return s->fcr & UART_FCR_ENABLE_FIFO;
}

static bool loopback(const struct serial *s)
{
	return s->mcr & UART_MCR_LOOP;
}

/* Receiver */

static bool rx_full(const struct serial *s)
{
	return s->rx_count == (fifos_on(s) ? SERIAL_FIFO_SIZE : 1);
}

static void rx_push(struct serial *s, uint8_t byte)
{
	s->rx[(s->rx_first + s->rx_count++) % SERIAL_FIFO_SIZE] = byte;
}

static uint8_t rx_pop(struct serial *s)
{
	uint8_t byte;

	if (!s->rx_count)
		return 0;
	byte = s->rx[s->rx_first];
	s->rx_first = (s->rx_first + 1) % SERIAL_FIFO_SIZE;
	s->rx_count--;
	return byte;
}

static unsigned int rx_trigger(const struct serial *s)
{
	static const uint8_t bytes[] = { 1, 4, 8, 14 };

	return fifos_on(s) ? bytes[UART_FCR_R_TRIG_BITS(s->fcr)] : 1;
}

static bool terminal_may_send(const struct serial *s)
{
	return (s->mcr & UART_MCR_RTS) && !loopback(s);
}

/* Not before the FIFO is empty: one wake-up of the sender for all of it. */
static void offer_room(struct serial *s)
{
	if (!s->input_waits || s->rx_count || !terminal_may_send(s))
		return;
	s->input_waits = false;
	s->config.room(s->config.console);
}

/* Interrupts */

static uint8_t interrupt_id(const struct serial *s)
{
	if ((s->ier & UART_IER_RDI) && s->rx_count)
		return s->rx_count < rx_trigger(s) ? UART_IIR_RX_TIMEOUT :
						     UART_IIR_RDI;
	if ((s->ier & UART_IER_THRI) && s->thr_interrupt)
		return UART_IIR_THRI;
	return UART_IIR_NO_INT;
}

/* On a PC, OUT2 connects the interrupt; in loopback that pin is inactive. */
static void update_line(struct serial *s)
{
	bool level = interrupt_id(s) != UART_IIR_NO_INT &&
		     (s->mcr & UART_MCR_OUT2) && !loopback(s);

	if (level == s->line)
		return;
	s->line = level;
	s->config.raise(s->config.irqchip, s->config.gsi, level);
}

size_t serial_input(struct serial *s, const uint8_t *bytes, size_t n)
{
	size_t taken = 0;

	pthread_mutex_lock(&s->lock);
	while (taken < n && terminal_may_send(s) && !rx_full(s))
		rx_push(s, bytes[taken++]);
	s->input_waits |= taken < n;
	update_line(s);
	pthread_mutex_unlock(&s->lock);
	return taken;
}

/* Transmitter */

/*
 * Output what has been collected.  A console that blocks must not keep input
 * away, so the device is not locked meanwhile.  The output lock, taken first,
 * keeps the order if several vCPUs do this.
 */
static void flush(struct serial *s)
{
	uint8_t bytes[SERIAL_FIFO_SIZE];
	size_t n;

	if (!s->tx_count)
		return;
	pthread_mutex_unlock(&s->lock);
	pthread_mutex_lock(&s->output_lock);

	pthread_mutex_lock(&s->lock);
	n = s->tx_count;
	memcpy(bytes, s->tx, n);
	s->tx_count = 0;
	pthread_mutex_unlock(&s->lock);

	if (n)
		s->config.output(s->config.console, bytes, n);
	pthread_mutex_unlock(&s->output_lock);
	pthread_mutex_lock(&s->lock);
}

void serial_flush(struct serial *s)
{
	pthread_mutex_lock(&s->lock);
	flush(s);
	pthread_mutex_unlock(&s->lock);
}

static void transmit(struct serial *s, uint8_t byte)
{
	if (!loopback(s))
		s->tx[s->tx_count++] = byte;
	else if (!rx_full(s))
		rx_push(s, byte);
	s->thr_interrupt = true;
}

static bool transmit_now(const struct serial *s)
{
	return s->tx_count == SERIAL_FIFO_SIZE || !fifos_on(s);
}

/* Registers */

static bool divisor_latch(const struct serial *s)
{
	return s->lcr & UART_LCR_DLAB;
}

/* An empty transmitter asks for attention whenever that gets enabled. */
static void write_ier(struct serial *s, uint8_t value)
{
	if (value & ~s->ier & UART_IER_THRI)
		s->thr_interrupt = true;
	s->ier = value & UART_IER_ALL;
}

/* To switch the FIFOs empties them; off, the other bits do nothing. */
static void write_fcr(struct serial *s, uint8_t value)
{
	bool on = value & UART_FCR_ENABLE_FIFO;

	if (on != fifos_on(s) || (on && (value & UART_FCR_CLEAR_RCVR)))
		s->rx_count = 0;
	s->fcr = value;
}

static void write_register(struct serial *s, uint64_t offset, uint8_t value)
{
	switch (offset) {
	case UART_TX:
	case UART_IER:
		if (divisor_latch(s))
			s->divisor[offset] = value;
		else if (offset == UART_TX)
			transmit(s, value);
		else
			write_ier(s, value);
		break;
	case UART_FCR:
		write_fcr(s, value);
		break;
	case UART_LCR:
		s->lcr = value;
		break;
	case UART_MCR:
		s->mcr = value & UART_MCR_ALL;
		break;
	case UART_SCR:
		s->scr = value;
		break;
	}
}

static uint8_t read_iir(struct serial *s)
{
	uint8_t id = interrupt_id(s);

	if (id == UART_IIR_THRI)
		s->thr_interrupt = false;
	return id | (fifos_on(s) ? UART_IIR_FIFOS_ON : 0);
}

/* In loopback, the outputs of the modem control register come back. */
static uint8_t read_msr(const struct serial *s)
{
	if (!loopback(s))
		return UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD;
	return ((s->mcr & UART_MCR_RTS) ? UART_MSR_CTS : 0) |
	       ((s->mcr & UART_MCR_DTR) ? UART_MSR_DSR : 0) |
	       ((s->mcr & UART_MCR_OUT1) ? UART_MSR_RI : 0) |
	       ((s->mcr & UART_MCR_OUT2) ? UART_MSR_DCD : 0);
}

static uint8_t read_register(struct serial *s, uint64_t offset)
{
	switch (offset) {
	case UART_RX:
		return divisor_latch(s) ? s->divisor[0] : rx_pop(s);
	case UART_IER:
		return divisor_latch(s) ? s->divisor[1] : s->ier;
	case UART_IIR:
		return read_iir(s);
	case UART_LCR:
		return s->lcr;
	case UART_MCR:
		return s->mcr;
	case UART_LSR:
		return UART_LSR_THRE | UART_LSR_TEMT |
		       (s->rx_count ? UART_LSR_DR : 0);
	case UART_MSR:
		return read_msr(s);
	default:
		return s->scr;
	}
}

static uint64_t serial_read(void *device, uint64_t offset, unsigned int size)
{
	struct serial *s = device;
	uint8_t value;

	if (size != 1)
		return BUS_NO_DATA;
	pthread_mutex_lock(&s->lock);
	flush(s);
	value = read_register(s, offset);
	update_line(s);
	offer_room(s);
	pthread_mutex_unlock(&s->lock);
	return value;
}

static void serial_write(void *device, uint64_t offset, unsigned int size,
			 uint64_t value)
{
	struct serial *s = device;

	if (size != 1)
		return;
	pthread_mutex_lock(&s->lock);
	while (s->tx_count && (offset != UART_TX || transmit_now(s)))
		flush(s);
	write_register(s, offset, value);
	update_line(s);
	offer_room(s);
	if (transmit_now(s))
		flush(s);
	pthread_mutex_unlock(&s->lock);
}

static const struct io_ops serial_ops = {
	.read	= serial_read,
	.write	= serial_write,
};

int serial_init(struct serial *s, const struct serial_config *config,
		struct io_bus *ports, struct error *err)
{
	*s = (struct serial) {
		.config = *config,
		.region = {
			.name	= "serial port",
			.base	= config->port,
			.size	= UART_REGISTERS,
			.ops	= &serial_ops,
			.device	= s,
		},
		.output_lock = PTHREAD_MUTEX_INITIALIZER,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	return bus_register(ports, &s->region, err);
}

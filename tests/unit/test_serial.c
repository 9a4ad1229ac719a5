// SPDX-License-Identifier: GPL-2.0-only
/*
 * The serial port behaves as Linux's 8250 driver expects of a 16550A, and no
 * character is lost or reordered in either direction.
 *
 * First each register, FIFO and interrupt by itself, with the driver's own
 * probing sequences.  Then echo: a driver in one thread, interrupt-driven or
 * polling, sends back all that the terminal in another sends, while a third
 * accesses registers as a second vCPU may.  A lost interrupt or wake-up makes
 * it hang, which the time limit of the test turns into a failure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h wants the above. */
#include <cmocka.h>

#include <linux/serial_reg.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/serial.h"

#define PORT		0x3f8
#define GSI		4
#define FIFO_ON		UART_FCR_ENABLE_FIFO
#define ECHO_SIZE	200000

/* The machine under test, and what it has done */
static struct io_bus bus;
static struct serial serial;
static unsigned int edges;	/* of the interrupt line, 0 to 1 */
static int level;
static unsigned int rooms;
static unsigned int outputs;
static uint8_t output[ECHO_SIZE];
static size_t output_size;
static sem_t edge_event, room_event;
static sem_t output_entered, output_may_go;
static bool output_blocks;

static void set_line(void *irqchip, unsigned int gsi, int new_level)
{
	assert_ptr_equal(irqchip, &edges);
	assert_int_equal(gsi, GSI);
	assert_int_not_equal(level, new_level);
	level = new_level;
	if (level) {
		edges++;
		sem_post(&edge_event);
	}
}

static void take_output(void *console, const uint8_t *bytes, size_t n)
{
	assert_ptr_equal(console, &output);
	assert_in_range(n, 1, sizeof(output) - output_size);
	if (output_blocks) {
		sem_post(&output_entered);
		sem_wait(&output_may_go);
	}
	memcpy(output + output_size, bytes, n);
	output_size += n;
	outputs++;
}

static void note_room(void *console)
{
	assert_ptr_equal(console, &output);
	rooms++;
	sem_post(&room_event);
}

static int setup(void **state)
{
	const struct serial_config config = {
		.port = PORT,
		.gsi = GSI,
		.raise = set_line,
		.irqchip = &edges,
		.output = take_output,
		.room = note_room,
		.console = &output,
	};
	struct error err;

	(void)state;
	edges = 0;
	level = 0;
	rooms = 0;
	outputs = 0;
	output_size = 0;
	output_blocks = false;
	sem_init(&edge_event, 0, 0);
	sem_init(&room_event, 0, 0);
	sem_init(&output_entered, 0, 0);
	sem_init(&output_may_go, 0, 0);
	bus = (struct io_bus) { .name = "port", .last = 0xffff };
	return serial_init(&serial, &config, &bus, &err);
}

static uint8_t in(unsigned int offset)
{
	uint8_t value;

	bus_read(&bus, PORT + offset, &value, 1);
	return value;
}

static void out(unsigned int offset, uint8_t value)
{
	bus_write(&bus, PORT + offset, &value, 1);
}

static void out_string(const char *text)
{
	while (*text)
		out(UART_TX, *text++);
}

static size_t input(const char *text)
{
	return serial_input(&serial, (const uint8_t *)text, strlen(text));
}

static void assert_output(const char *text)
{
	assert_int_equal(output_size, strlen(text));
	assert_memory_equal(output, text, output_size);
}

/* As the driver leaves it: all that a terminal and a PC need is on. */
static void open_port(uint8_t ier)
{
	out(UART_FCR, FIFO_ON | UART_FCR_TRIGGER_8);
	out(UART_LCR, UART_LCR_WLEN8);
	out(UART_IER, ier);
	out(UART_MCR, UART_MCR_DTR | UART_MCR_RTS | UART_MCR_OUT2);
}

static void test_reset(void **state)
{
	(void)state;
	assert_int_equal(in(UART_RX), 0);
	assert_int_equal(in(UART_IER), 0);
	assert_int_equal(in(UART_IIR), UART_IIR_NO_INT);
	assert_int_equal(in(UART_LCR), 0);
	assert_int_equal(in(UART_MCR), 0);
	assert_int_equal(in(UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
	assert_int_equal(in(UART_MSR),
			 UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD);
	assert_int_equal(in(UART_SCR), 0);
	assert_int_equal(edges, 0);
}

/* Each register keeps the bits it has, and no write touches another. */
static void test_registers(void **state)
{
	static const struct {
		unsigned int offset;
		uint8_t mask;
	} registers[] = {
		{ UART_IER, 0x0f }, { UART_MCR, 0x1f }, { UART_SCR, 0xff },
	};
	unsigned int i, value;

	(void)state;
	for (i = 0; i < 3; i++)
		for (value = 0; value <= 0xff; value++) {
			out(registers[i].offset, value);
			assert_int_equal(in(registers[i].offset),
					 value & registers[i].mask);
		}
	out(UART_IER, 0);
	for (value = 0; value <= 0xff; value++) {
		out(UART_LCR, value);
		assert_int_equal(in(UART_LCR), value);
		out(UART_LSR, value);
		out(UART_MSR, value);
	}

	/* The divisor lies over two registers. */
	out(UART_DLL, 0x34);
	out(UART_DLM, 0x12);
	assert_int_equal(in(UART_DLL), 0x34);
	assert_int_equal(in(UART_DLM), 0x12);
	out(UART_LCR, UART_LCR_WLEN8);
	assert_int_equal(in(UART_RX), 0);
	assert_int_equal(in(UART_IER), 0);
	assert_int_equal(in(UART_SCR), 0xff);
	assert_int_equal(output_size, 0);
}

static void test_other_sizes(void **state)
{
	uint64_t data = 0x4141414141414141;
	unsigned int size;

	(void)state;
	for (size = 2; size <= 8; size *= 2) {
		bus_write(&bus, PORT, &data, size);
		bus_read(&bus, PORT, &data, size);
		assert_int_equal(data & 0xffff, 0xffff);
	}
	assert_int_equal(output_size, 0);
	assert_int_equal(in(UART_IER), 0);
}

/* Linux: how much comes back in loopback (size_fifo()) */
static unsigned int count_loopback(uint8_t fcr)
{
	unsigned int i, n;

	out(UART_LCR, 0);
	out(UART_FCR, fcr);
	out(UART_MCR, UART_MCR_LOOP);
	for (i = 0; i < 256; i++)
		out(UART_TX, i);
	for (n = 0; in(UART_LSR) & UART_LSR_DR; n++)
		assert_int_equal(in(UART_RX), n);
	out(UART_MCR, 0);
	assert_int_equal(output_size, 0);
	return n;
}

/* Linux: is there a UART, and of which kind (autoconfig()) */
static void test_probe(void **state)
{
	(void)state;
	out(UART_IER, 0);
	assert_int_equal(in(UART_IER) & 0x0f, 0);
	out(UART_IER, 0x0f);
	assert_int_equal(in(UART_IER) & 0x0f, 0x0f);
	out(UART_IER, 0);
	out(UART_MCR, UART_MCR_LOOP | 0x0a);
	assert_int_equal(in(UART_MSR) & 0xf0, 0x90);
	out(UART_MCR, UART_MCR_LOOP | 0x05);
	assert_int_equal(in(UART_MSR) & 0xf0, 0x60);
	out(UART_MCR, 0);

	/* FIFOs, but no EFR, no 64-byte mode, no bit of newer kinds */
	out(UART_LCR, UART_LCR_CONF_MODE_B);
	out(UART_EFR, 0);
	out(UART_LCR, 0);
	out(UART_FCR, FIFO_ON);
	assert_int_equal(in(UART_IIR) >> 6, 3);
	out(UART_LCR, UART_LCR_CONF_MODE_A);
	assert_int_not_equal(in(UART_EFR), 0);
	out(UART_LCR, UART_LCR_CONF_MODE_B);
	assert_int_not_equal(in(UART_EFR), 0);
	out(UART_LCR, UART_LCR_CONF_MODE_A);
	out(UART_FCR, FIFO_ON | UART_FCR7_64BYTE);
	assert_int_equal(in(UART_IIR) >> 5, 6);
	out(UART_LCR, 0);
	out(UART_IER, UART_IER_UUE);
	assert_int_equal(in(UART_IER), 0);

	assert_int_equal(count_loopback(FIFO_ON), 16);
	assert_int_equal(count_loopback(0), 1);
}

/* Without FIFOs each character leaves at once, with them 16 at a time. */
static void test_transmit(void **state)
{
	(void)state;
	out_string("abc");
	assert_output("abc");
	assert_int_equal(outputs, 3);

	out(UART_FCR, FIFO_ON);
	out_string("0123456789abcde");
	assert_output("abc");
	out(UART_TX, 'f');
	assert_output("abc0123456789abcdef");
	assert_int_equal(outputs, 4);
	assert_int_equal(in(UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
	assert_int_equal(outputs, 4);
}

/* Whoever looks, changes the mode or ends the guest finds all transmitted. */
static void test_flush(void **state)
{
	char expected[32] = "";
	unsigned int i;

	(void)state;
	out(UART_FCR, FIFO_ON);
	for (i = 0; i < 16; i++) {
		out(UART_TX, 'a' + i);
		assert_output(expected);
		expected[i] = 'a' + i;
		if (i < 8)
			in(i);
		else if (i > 8)
			out(i - 8, i == 10 ? FIFO_ON | UART_FCR_CLEAR_XMIT : 0);
		else
			serial_flush(&serial);
		assert_output(expected);
	}
	serial_flush(&serial);
	assert_int_equal(outputs, 16);
}

/* Linux: does the transmitter ask again when it is enabled again */
static void test_transmit_interrupt(void **state)
{
	(void)state;
	open_port(0);
	assert_int_equal(in(UART_IIR), 0xc0 | UART_IIR_NO_INT);
	out(UART_IER, UART_IER_THRI);
	assert_int_equal(edges, 1);
	assert_int_equal(in(UART_IIR), 0xc0 | UART_IIR_THRI);
	assert_int_equal(level, 0);
	assert_int_equal(in(UART_IIR), 0xc0 | UART_IIR_NO_INT);
	out(UART_IER, UART_IER_THRI);
	assert_int_equal(edges, 1);
	out(UART_IER, 0);
	out(UART_IER, UART_IER_THRI);
	assert_int_equal(edges, 2);
	assert_int_equal(in(UART_IIR), 0xc0 | UART_IIR_THRI);

	/* A character written has left: one interrupt until the guest looks. */
	out_string("ab");
	assert_int_equal(edges, 3);
	out(UART_IER, 0);
	assert_int_equal(level, 0);
	assert_int_equal(in(UART_IIR), 0xc0 | UART_IIR_NO_INT);
}

static void test_receive_interrupt(void **state)
{
	static const uint8_t triggers[] = { 1, 4, 8, 14 };
	unsigned int i, n;

	(void)state;
	open_port(UART_IER_RDI);
	for (i = 0; i < 4; i++) {
		out(UART_FCR, FIFO_ON | i << 6);
		for (n = 1; n <= 16; n++) {
			assert_int_equal(input("x"), 1);
			assert_int_equal(in(UART_IIR), 0xc0 |
					 (n < triggers[i] ?
					  UART_IIR_RX_TIMEOUT : UART_IIR_RDI));
		}
		assert_int_equal(edges, i + 1);
		for (n = 16; n; n--) {
			assert_int_equal(level, 1);
			assert_int_equal(in(UART_LSR), UART_LSR_THRE |
					 UART_LSR_TEMT | UART_LSR_DR);
			assert_int_equal(in(UART_RX), 'x');
		}
		assert_int_equal(level, 0);
		assert_int_equal(in(UART_LSR), UART_LSR_THRE | UART_LSR_TEMT);
		assert_int_equal(in(UART_RX), 0);
	}
}

/* Reception comes first; the transmitter's interrupt is kept until then. */
static void test_priority(void **state)
{
	(void)state;
	open_port(UART_IER_RDI | UART_IER_THRI);
	assert_int_equal(input("x"), 1);
	assert_int_equal(edges, 1);
	assert_int_equal(in(UART_IIR), 0xc0 | UART_IIR_RX_TIMEOUT);
	assert_int_equal(in(UART_RX), 'x');
	assert_int_equal(level, 1);
	assert_int_equal(in(UART_IIR), 0xc0 | UART_IIR_THRI);
	assert_int_equal(level, 0);
	assert_int_equal(edges, 1);
}

/* The line is connected by OUT2, and not in loopback. */
static void test_interrupt_gate(void **state)
{
	(void)state;
	out(UART_IER, UART_IER_THRI);
	assert_int_equal(edges, 0);
	out(UART_MCR, UART_MCR_OUT2);
	assert_int_equal(edges, 1);
	out(UART_MCR, UART_MCR_OUT2 | UART_MCR_LOOP);
	assert_int_equal(level, 0);
	out(UART_MCR, UART_MCR_OUT2);
	assert_int_equal(edges, 2);
	out(UART_MCR, 0);
	assert_int_equal(level, 0);
	assert_int_equal(in(UART_IIR), UART_IIR_THRI);
}

/* The terminal sends only to a guest that is ready, and what fits. */
static void test_flow_control(void **state)
{
	(void)state;
	out(UART_FCR, FIFO_ON);
	assert_int_equal(input("abc"), 0);
	assert_int_equal(in(UART_LSR) & UART_LSR_DR, 0);
	assert_int_equal(rooms, 0);
	out(UART_MCR, UART_MCR_RTS | UART_MCR_LOOP);
	assert_int_equal(rooms, 0);
	assert_int_equal(input("abc"), 0);
	out(UART_MCR, UART_MCR_RTS);
	assert_int_equal(rooms, 1);

	assert_int_equal(input("abc"), 3);
	assert_int_equal(input("0123456789abcdef"), 13);
	assert_int_equal(input("d"), 0);
	assert_int_equal(in(UART_RX), 'a');
	assert_int_equal(input("d"), 1);
	while (in(UART_LSR) & UART_LSR_DR) {
		assert_int_equal(rooms, 1);
		in(UART_RX);
	}
	assert_int_equal(rooms, 2);

	/* All taken: nobody waits for room. */
	assert_int_equal(input("a"), 1);
	assert_int_equal(in(UART_RX), 'a');
	assert_int_equal(rooms, 2);
	assert_int_equal(input(""), 0);
	assert_int_equal(rooms, 2);

	/* Without the FIFO there is room for one. */
	out(UART_FCR, 0);
	assert_int_equal(input("ab"), 1);
	assert_int_equal(in(UART_RX), 'a');
	assert_int_equal(rooms, 3);
}

/* The receive FIFO is emptied by its clear bit and by switching FIFOs. */
static void test_fifo_control(void **state)
{
	(void)state;
	open_port(UART_IER_RDI);
	assert_int_equal(input("0123456789abcdefgh"), 16);
	out(UART_FCR, FIFO_ON | UART_FCR_CLEAR_XMIT | UART_FCR_TRIGGER_14);
	assert_int_equal(level, 1);
	assert_int_equal(rooms, 0);
	out(UART_FCR, FIFO_ON | UART_FCR_CLEAR_RCVR);
	assert_int_equal(level, 0);
	assert_int_equal(rooms, 1);

	assert_int_equal(input("ab"), 2);
	out(UART_FCR, UART_FCR_CLEAR_RCVR);
	assert_int_equal(in(UART_LSR) & UART_LSR_DR, 0);
	assert_int_equal(in(UART_IIR), UART_IIR_NO_INT);
	assert_int_equal(input("c"), 1);
	out(UART_FCR, UART_FCR_CLEAR_RCVR);
	assert_int_equal(in(UART_LSR) & UART_LSR_DR, UART_LSR_DR);
	out(UART_FCR, FIFO_ON);
	assert_int_equal(in(UART_LSR) & UART_LSR_DR, 0);
}

/* A terminal that does not take output must not keep others away. */
static void *write_one(void *arg)
{
	(void)arg;
	out(UART_TX, 'x');
	return NULL;
}

static void test_blocked_output(void **state)
{
	pthread_t writer;

	(void)state;
	open_port(UART_IER_RDI);
	out(UART_FCR, 0);
	output_blocks = true;
	pthread_create(&writer, NULL, write_one, NULL);
	sem_wait(&output_entered);
	assert_int_equal(input("a"), 1);
	assert_int_equal(level, 1);
	assert_int_equal(in(UART_RX), 'a');
	sem_post(&output_may_go);
	pthread_join(writer, NULL);
	assert_output("x");
}

/* Echo */

static uint8_t sent[ECHO_SIZE];
static atomic_bool echo_done;

static void *terminal(void *arg)
{
	size_t done = 0, n, taken;
	unsigned int seed = 1;

	(void)arg;
	while (done < ECHO_SIZE) {
		n = rand_r(&seed) % 40 + 1;
		if (n > ECHO_SIZE - done)
			n = ECHO_SIZE - done;
		taken = serial_input(&serial, sent + done, n);
		done += taken;
		if (taken < n)
			sem_wait(&room_event);
	}
	return NULL;
}

/* These registers may be read by any vCPU at any time. */
static void *second_vcpu(void *arg)
{
	(void)arg;
	while (!echo_done) {
		in(UART_LSR);
		in(UART_SCR);
	}
	return NULL;
}

/* The driver: what it has received and what it has still to send */
static uint8_t queue[ECHO_SIZE];
static size_t received, transmitted;
static uint8_t ier;

static void write_ier(uint8_t value)
{
	ier = value;
	out(UART_IER, ier);
}

static void receive(void)
{
	while (in(UART_LSR) & UART_LSR_DR)
		queue[received++] = in(UART_RX);
	if (received > transmitted && !(ier & UART_IER_THRI))
		write_ier(ier | UART_IER_THRI);
}

static void transmit(void)
{
	unsigned int n;

	for (n = 0; n < SERIAL_FIFO_SIZE && transmitted < received; n++)
		out(UART_TX, queue[transmitted++]);
	if (transmitted == received)
		write_ier(ier & ~UART_IER_THRI);
}

static void drive_by_interrupts(void)
{
	open_port(UART_IER_RDI);
	ier = UART_IER_RDI;
	while (transmitted < ECHO_SIZE) {
		sem_wait(&edge_event);
		while (!(in(UART_IIR) & UART_IIR_NO_INT)) {
			receive();
			if (ier & UART_IER_THRI)
				transmit();
		}
	}
}

static void drive_by_polling(void)
{
	open_port(0);
	while (transmitted < ECHO_SIZE)
		if (in(UART_LSR) & UART_LSR_DR) {
			out(UART_TX, in(UART_RX));
			transmitted++;
		}
	in(UART_LSR);
}

static void echo(void (*driver)(void))
{
	pthread_t threads[2];
	size_t i;

	for (i = 0; i < ECHO_SIZE; i++)
		sent[i] = rand();
	received = 0;
	transmitted = 0;
	echo_done = false;
	pthread_create(&threads[0], NULL, terminal, NULL);
	pthread_create(&threads[1], NULL, second_vcpu, NULL);
	driver();
	echo_done = true;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	assert_int_equal(output_size, ECHO_SIZE);
	assert_memory_equal(output, sent, ECHO_SIZE);
}

static void test_echo_by_interrupts(void **state)
{
	(void)state;
	echo(drive_by_interrupts);
}

static void test_echo_by_polling(void **state)
{
	(void)state;
	echo(drive_by_polling);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_reset, setup),
		cmocka_unit_test_setup(test_registers, setup),
		cmocka_unit_test_setup(test_other_sizes, setup),
		cmocka_unit_test_setup(test_probe, setup),
		cmocka_unit_test_setup(test_transmit, setup),
		cmocka_unit_test_setup(test_flush, setup),
		cmocka_unit_test_setup(test_transmit_interrupt, setup),
		cmocka_unit_test_setup(test_receive_interrupt, setup),
		cmocka_unit_test_setup(test_priority, setup),
		cmocka_unit_test_setup(test_interrupt_gate, setup),
		cmocka_unit_test_setup(test_flow_control, setup),
		cmocka_unit_test_setup(test_fifo_control, setup),
		cmocka_unit_test_setup(test_blocked_output, setup),
		cmocka_unit_test_setup(test_echo_by_interrupts, setup),
		cmocka_unit_test_setup(test_echo_by_polling, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

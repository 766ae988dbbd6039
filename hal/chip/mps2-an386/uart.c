/* The two UARTs (ARM DDI0479, section 4.3): a byte in each direction, no more. */
#include "../board.h"
#include "registers.h"

enum { data = 0x0, state = 0x4, control = 0x8, interruptClear = 0xC, divisor = 0x10 };
enum { transmitFull = 1, receiveFull = 2, transmitOn = 1, receiveOn = 2, receiveInterrupts = 8, receiveInterrupt = 2 };
enum { baud = 115200 };

static uint32_t baseOf(int port)
{
	return port ? uart1Base : uart0Base;
}

void uartStart(void)
{
	for (int port = 0; port < 2; port++) {
		REGISTER(baseOf(port) + divisor) = systemHz / baud;
		REGISTER(baseOf(port) + control) = transmitOn | receiveOn | (port ? receiveInterrupts : 0);
	}
}

void uartSend(int port, uint8_t byte)
{
	while (REGISTER(baseOf(port) + state) & transmitFull)
		;
	REGISTER(baseOf(port) + data) = byte;
}

int uartReceive(int port)
{
	if (!(REGISTER(baseOf(port) + state) & receiveFull))
		return -1;
	/* First, so that the next byte's isn't taken for this one's. */
	REGISTER(baseOf(port) + interruptClear) = receiveInterrupt;
	return (int)(REGISTER(baseOf(port) + data) & 0xff);
}

/* Called by clock.c after a sleep: it asks on until the byte is read. */
void uartAcknowledge(void)
{
	if (!(REGISTER(uart1Base + state) & receiveFull))
		REGISTER(uart1Base + interruptClear) = receiveInterrupt;
}

/* The two UARTs (FU540 manual, chapter 13). */
#include "../board.h"
#include "registers.h"

enum { transmitData = 0, receiveData = 4, transmitControl = 8, receiveControl = 12, interruptEnable = 16 };
enum { busyBit = 31, receiveWatermark = 2 };

static uint32_t baseOf(int port)
{
	return port ? uart1Base : uart0Base;
}

void uartStart(void)
{
	for (int port = 0; port < 2; port++) {
		REGISTER(baseOf(port) + transmitControl) = 1;
		REGISTER(baseOf(port) + receiveControl) = 1;
	}
	REGISTER(uart1Base + interruptEnable) = receiveWatermark;
}

void uartSend(int port, uint8_t byte)
{
	while (REGISTER(baseOf(port) + transmitData) >> busyBit)
		;
	REGISTER(baseOf(port) + transmitData) = byte;
}

int uartReceive(int port)
{
	uint32_t value = REGISTER(baseOf(port) + receiveData);
	return value >> busyBit ? -1 : (int)(value & 0xff);
}

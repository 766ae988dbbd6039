/* See uart-owner.h. */
#include "uart-owner.h"
#include "board.h"

static UartUser owner = uartSerial;
static int kept = -1; /* looked at, but not taken */
static int isFirst = 1;

static int peek(void)
{
	if (kept < 0)
		kept = uartReceive(1);
	if (kept < 0 || !isFirst)
		return kept;
	/* A debugger's commands stand between ends of lines. */
	isFirst = kept == '\r' || kept == '\n';
#ifdef mxDebug
	if (kept == '<')
		owner = uartDebugger;
#endif
	return kept;
}

UartUser uartOwner(void)
{
	peek();
	return owner;
}

void uartGive(UartUser user)
{
	owner = user;
	isFirst = user == uartSerial;
}

int uartHas(UartUser user)
{
	return peek() >= 0 && user == owner;
}

int uartTake(UartUser user)
{
	int byte = uartHas(user) ? kept : -1;
	if (byte >= 0)
		kept = -1;
	return byte;
}

void uartPut(UartUser user, uint8_t byte)
{
	if (user == owner)
		uartSend(1, byte);
}

/* XS's own protocol over the second UART: what the debugger says is looked for between events, and at each line that runs. */
#include "xsAll.h"
#include "debugger.h"

#ifndef mxDebug
void debuggerStart(void) {}
#else
#include "../xs/host.h"
#include "board.h"
#include "loop.h"
#include "port.h"
#include "straps.h"
#include "uart-owner.h"

enum { patience = 2000000 }; /* µs, for the first word of a debugger that should be there from the start */

static int hasSpoken;

/* The root machine logs in, too, when it's made: only the running one is debugged. */
void fxConnect(txMachine* the)
{
	if (!the->sharedMachine || the->debugger)
		return;
	if (strap("xsbug") && !hasSpoken)
		uartGive(uartDebugger);
	if (uartOwner() != uartDebugger)
		return;
	the->debugger = 1;
	/* It marks objects that it shows, preloaded ones, too. */
	boardUnlockCode();
}

void fxDisconnect(txMachine* the)
{
	the->debugger = 0;
	uartGive(uartSerial);
}

txBoolean fxIsConnected(txMachine* the)
{
	return the->debugger != 0;
}

txBoolean fxIsReadable(txMachine* the)
{
	return the->debugger && uartHas(uartDebugger);
}

static void await(txMachine* the)
{
	uint64_t until = hasSpoken ? UINT64_MAX : clockMicroseconds() + patience;
	watchdogHold();
	while (!uartHas(uartDebugger) && clockMicroseconds() < until)
		boardIdle(until);
	watchdogGoOn();
	if (uartHas(uartDebugger)) {
		hasSpoken = 1;
		return;
	}
	hasSpoken = 1;
	hostLog("# no debugger at the second UART");
	fxDisconnect(the);
}

void fxReceive(txMachine* the)
{
	int byte;
	if (!uartHas(uartDebugger))
		await(the);
	txSize size = 0;
	while (size < (txSize)sizeof(the->debugBuffer) - 1 && (byte = uartTake(uartDebugger)) >= 0)
		the->debugBuffer[size++] = (char)byte;
	the->debugBuffer[size] = 0;
	the->debugOffset = size;
}

void fxSend(txMachine* the, txBoolean more)
{
	for (txSize i = 0; i < the->echoOffset; i++)
		uartPut(uartDebugger, (uint8_t)the->echoBuffer[i]);
}

/* Between two events: it sets breakpoints, or asks to stop at the next line. Its first byte makes the machine log in. */
static uint32_t listen(void)
{
	txMachine* the = (txMachine*)hostMachine();
	if (!the->debugger && uartOwner() == uartDebugger)
		fxLogin(the);
	else if (fxIsReadable(the))
		fxDebugCommand(the);
	return pollNever;
}

void debuggerStart(void)
{
	loopPoll(listen);
}
#endif

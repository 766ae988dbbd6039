/* hal/system in C: reset, last words, watchdog, clocks, memory. */
#include "host.h"
#include "machine.h"
#include "port.h"

#include <string.h>

enum { watchdogLeast = 100, watchdogMost = 600000 };

static uint32_t watchdogTime; /* ms, 0: stopped */

static void set(xsMachine* the, xsSlot* object, xsIdentifier id, xsNumberValue value)
{
	xsSlot slot;
	memset(&slot, 0, sizeof(slot));
	fxNumber(the, &slot, value);
	_xsSet(the, object, id, &slot);
}

void xs_system_resetReason(xsMachine* the)
{
	xsmcSetString(xsResult, (xsStringValue)retainedReasonName(retainedReason()));
}

void xs_system_restart(xsMachine* the)
{
	char message[retainedMessageSize];
	strncpy(message, xsmcToString(xsArg(0)), sizeof(message) - 1);
	message[sizeof(message) - 1] = 0;
	machineEnd(resetSoftware, message, NULL);
}

static void figures(xsMachine* the, xsSlot* result, const Figures* it)
{
	_xsNewObject(the, result);
	set(the, result, xsID_slots, it->slots);
	set(the, result, xsID_chunks, it->chunks);
	set(the, result, xsID_slotsPeak, it->slotsPeak);
	set(the, result, xsID_chunksPeak, it->chunksPeak);
	set(the, result, xsID_stack, it->stack);
	set(the, result, xsID_stackPeak, it->stackPeak);
	set(the, result, xsID_native, it->native);
	set(the, result, xsID_nativePeak, it->nativePeak);
	set(the, result, xsID_collections, it->collections);
}

void xs_system_lastWords(xsMachine* the)
{
	const LastWords* words = retainedLast();
	if (!words)
		return;
	xsmcVars(2);
	xsmcSetNewObject(xsResult);
	xsmcSetString(xsVar(0), (xsStringValue)retainedReasonName(words->reason));
	xsmcSet(xsResult, xsID_reason, xsVar(0));
	xsmcSetString(xsVar(0), (xsStringValue)words->message);
	xsmcSet(xsResult, xsID_message, xsVar(0));
	xsmcSetString(xsVar(0), (xsStringValue)words->stack);
	xsmcSet(xsResult, xsID_stack, xsVar(0));
	set(the, &xsResult, xsID_uptime, words->uptime);
	figures(the, &xsVar(0), &words->figures);
	xsmcSet(xsResult, xsID_memory, xsVar(0));
	uint32_t kept = words->lineNext < retainedLines ? words->lineNext : retainedLines;
	xsmcSetNewArray(xsVar(0), 0);
	for (uint32_t i = 0; i < kept; i++) {
		xsmcSetString(xsVar(1), (xsStringValue)words->lines[(words->lineNext - kept + i) % retainedLines]);
		xsmcSetIndex(xsVar(0), i, xsVar(1));
	}
	xsmcSet(xsResult, xsID_log, xsVar(0));
}

void xs_system_note(xsMachine* the)
{
	retainedNote(xsmcToString(xsArg(0)));
}

void xs_system_watchdogStart(xsMachine* the)
{
	xsNumberValue ms = xsmcToNumber(xsArg(0));
	if (!(ms >= watchdogLeast) || ms > watchdogMost)
		xsRangeError("watchdog: 100 to 600,000 ms");
	watchdogTime = (uint32_t)ms;
	portWatchdog(watchdogTime);
}

void xs_system_watchdogFeed(xsMachine* the)
{
	if (watchdogTime)
		portWatchdog(watchdogTime);
}

void xs_system_watchdogStop(xsMachine* the)
{
	watchdogTime = 0;
	portWatchdog(0);
}

void xs_system_uniqueId(xsMachine* the)
{
	uint8_t id[16];
	size_t size = portUniqueId(id);
	xsmcSetArrayBuffer(xsResult, id, (xsIntegerValue)size);
}

void xs_system_ticks(xsMachine* the)
{
	xsmcSetNumber(xsResult, (xsNumberValue)portMicroseconds() / 1000);
}

void xs_system_time(xsMachine* the)
{
	int64_t now = portWallClock();
	if (now)
		xsmcSetNumber(xsResult, (xsNumberValue)(now / 1000));
}

void xs_system_setTime(xsMachine* the)
{
	xsNumberValue ms = xsmcToNumber(xsArg(0));
	if (!(ms > 0) || ms > 8.64e15)
		xsRangeError("setTime: no time");
	portSetWallClock((int64_t)(ms * 1000));
}

void xs_system_memory(xsMachine* the)
{
	Figures now;
	if (xsmcToBoolean(xsArg(0)))
		xsCollectGarbage();
	machineFigures(&now);
	figures(the, &xsResult, &now);
	if (portHeap) {
		uint32_t left, largest;
		portHeap(&left, &largest);
		set(the, &xsResult, xsID_heapFree, left);
		set(the, &xsResult, xsID_heapLargest, largest);
	}
}

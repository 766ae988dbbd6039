/* What hal/xs/system.c asks of the host core (machine.h), where the SDK is the host. */
#include "xsAll.h"

#include "../xs/machine.h"
#include "../xs/port.h"
#include "device.h"

static txMachine* machine;
static uint64_t started; /* microseconds */

void machineFigures(Figures* figures)
{
	txMachine* the = machine;
	c_memset(figures, 0, sizeof(*figures));
	if (!the)
		return;
	figures->slots = (uint32_t)((size_t)the->currentHeapCount * sizeof(txSlot));
	figures->slotsPeak = (uint32_t)((size_t)the->peakHeapCount * sizeof(txSlot));
	figures->chunks = (uint32_t)the->currentChunksSize;
	figures->chunksPeak = (uint32_t)the->peakChunksSize;
	figures->stack = (uint32_t)((size_t)(the->stackTop - the->stackBottom) * sizeof(txSlot));
#ifdef mxInstrument
	figures->stackPeak = (uint32_t)((size_t)(the->stackTop - the->stackPeak) * sizeof(txSlot));
	figures->collections = the->garbageCollectionCount;
#endif
}

static void leave(ResetReason reason, const char* message, const char* stack)
{
	Figures figures;
	machineFigures(&figures);
	retainedLeave(reason, message, stack, &figures, (uint32_t)((portMicroseconds() - started) / 1000));
}

void machineEnd(ResetReason reason, const char* message, const char* stack)
{
	leave(reason, message, stack);
	portReset();
}

/* At the start of a run, before main. */
void xs_device_start(txMachine* the)
{
	machine = the;
	started = portMicroseconds();
	retainedStart(portRetained());
}

/*
 * (status, message, stack): XS is about to end the machine; the SDK resets afterwards. The statuses are the engine's words
 * (fxAbortString).
 */
void xs_device_ends(txMachine* the)
{
	const char* status = fxToString(the, mxArgv(0));
	ResetReason reason = resetException;
	if (c_strstr(status, "memory"))
		reason = resetMemory;
	else if (c_strstr(status, "stack"))
		reason = resetStack;
	leave(reason, fxToString(the, mxArgv(1)), fxToString(the, mxArgv(2)));
}

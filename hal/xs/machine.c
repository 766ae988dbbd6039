/* The running machine: boot, main module, turns. See machine.h and host.h. */
#include "xsAll.h"
#include "host.h"
#include "late.h"
#include "machine.h"
#include "memory.h"
#include "modules.h"
#include "port.h"
#include "residue.h"
#include "rom.h"
#include "timer.h"

static txMachine* machine;
static LATE txMachine* root;
static int depth;

xsMachine* hostMachine(void) { return machine; }
txMachine* machineRoot(void) { return root; }

void fxCreateMachinePlatform(txMachine* the) {}
void fxDeleteMachinePlatform(txMachine* the) {}

void fxQueuePromiseJobs(txMachine* the)
{
	the->promiseJobs = 1;
}

int machineClone(const Image* image, char* error, size_t size)
{
	ImageCreation record;
	imageCreation(image, &record);
	/* XS checks its chunks when it makes a machine, but not its slots. */
	if (memoryRamFree() < record.initialChunk + 64 + (size_t)(record.initialHeap + record.stack) * sizeof(txSlot)) {
		snprintf(error, size, "the creation record asks for more memory than there is: %u bytes of chunks, %u slots, "
			"%u of stack; %lu bytes", (unsigned)record.initialChunk, (unsigned)record.initialHeap, (unsigned)record.stack,
			(unsigned long)memoryRamFree());
		return -1;
	}
	txCreation creation = {
		(txSize)record.initialChunk, (txSize)record.incrementalChunk, (txSize)record.initialHeap,
		(txSize)record.incrementalHeap, (txSize)record.stack, (txSize)record.initialKeys,
		(txSize)record.incrementalKeys, root->nameModulo, root->symbolModulo, 0, 1, 0};
	machine = fxCloneMachine(&creation, root, (txString)image->board, NULL);
	if (!machine) {
		snprintf(error, size, "the machine can't be made");
		return -1;
	}
	residueWatch(machine);
	return 0;
}

int machineMakeRoot(const Image* image, const RomSizes* sizes, char* error, size_t size)
{
	root = romBuild(image, sizes, error, size);
	return root ? 0 : -1;
}

/* Promise jobs until none is left, then the job's end: WeakRefs are let go, rejections that nobody took are told. */
static void turnEnd(txMachine* the)
{
	while (the->promiseJobs) {
		the->promiseJobs = 0;
		fxRunPromiseJobs(the);
	}
	fxEndJob(the);
	fxCheckUnhandledRejections(the, 1);
	residueWipe(the);
}

void hostRun(void (*body)(xsMachine* the, void* data), void* data)
{
	depth++;
	xsBeginHost(machine);
	body(the, data);
	xsEndHost(machine);
	if (!--depth)
		turnEnd(machine);
}

typedef struct {
	xsSlot* self;
	xsSlot* callback;
	int argc;
	xsSlot* argv[6];
} Call;

static void call(xsMachine* the, void* data)
{
	Call* it = data;
	mxOverflow(-8 - it->argc);
	fxPush(*it->self);
	fxPush(*it->callback);
	fxCall(the);
	for (int i = 0; i < it->argc; i++)
		fxPush(*it->argv[i]);
	fxRunCount(the, it->argc);
	the->stack++;
}

void hostCallback(xsMachine* the, xsSlot* self, xsSlot* callback, int argc, ...)
{
	Call it = {self, callback, argc, {NULL}};
	va_list arguments;
	if (!mxIsReference(callback))
		return;
	if (argc > 6)
		argc = it.argc = 6;
	va_start(arguments, argc);
	for (int i = 0; i < argc; i++)
		it.argv[i] = va_arg(arguments, xsSlot*);
	va_end(arguments);
	if (depth)
		call(the, &it);
	else
		hostRun(call, &it);
}

void hostCallbackInteger(xsMachine* the, xsSlot* self, xsSlot* callback, xsIntegerValue value)
{
	xsSlot argument;
	memset(&argument, 0, sizeof(argument));
	fxInteger(the, &argument, value);
	hostCallback(the, self, callback, 1, &argument);
}

static void mainFailed(xsMachine* the)
{
	/* Thrown here it ends the machine as any exception that nobody takes; the promise would only log it. */
	mxException = *mxArgv(0);
	fxAbort(the, XS_UNHANDLED_EXCEPTION_EXIT);
}

static void mainLoaded(xsMachine* the)
{
	xsmcVars(2);
	xsmcGet(xsVar(0), xsArg(0), xsID_default);
	if (fxIsCallable(the, &xsVar(0)))
		xsVar(1) = xsCallFunction0(xsVar(0), xsUndefined);
}

static void importMain(xsMachine* the, void* data)
{
	xsmcVars(3);
	xsVar(0) = xsAwaitImport(modulesImage()->main, XS_IMPORT_ASYNC);
	xsVar(1) = xsNewHostFunction(mainLoaded, 1);
	xsVar(2) = xsNewHostFunction(mainFailed, 1);
	xsVar(0) = xsCall1(xsVar(0), xsID_then, xsVar(1));
	xsCall1_noResult(xsVar(0), xsID_catch, xsVar(2));
}

void machineMain(void)
{
	hostRun(importMain, NULL);
}

int machineTimers(void)
{
	return timersRun(portMicroseconds());
}

void machineFigures(Figures* figures)
{
	txMachine* the = machine;
	memset(figures, 0, sizeof(*figures));
	size_t tls = 0, tlsPeak = 0;
	if (tlsHeap)
		tlsHeap(&tls, &tlsPeak);
	figures->native = (uint32_t)(memoryFigures.native + tls);
	/* The two peaks need not have been at one time: this is the most that it can have been. */
	figures->nativePeak = (uint32_t)(memoryFigures.nativePeak + tlsPeak);
	if (!the)
		return;
	figures->slots = (uint32_t)((size_t)the->currentHeapCount * sizeof(txSlot));
	figures->slotsPeak = (uint32_t)((size_t)the->peakHeapCount * sizeof(txSlot));
	figures->chunks = (uint32_t)the->currentChunksSize;
	figures->chunksPeak = (uint32_t)the->peakChunksSize;
	figures->stack = (uint32_t)((the->stackTop - the->stackBottom) * sizeof(txSlot));
#ifdef mxInstrument
	/* XS looks when a function returns; one that does not counts, too. */
	if (the->stackPeak > the->stack)
		the->stackPeak = the->stack;
	figures->stackPeak = (uint32_t)((the->stackTop - the->stackPeak) * sizeof(txSlot));
	figures->collections = the->garbageCollectionCount;
#endif
}

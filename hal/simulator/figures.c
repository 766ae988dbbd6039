/* Figures of memory: on the console and as an event. */
#include "device.h"
#include "events.h"
#include "options.h"
#include "../xs/host.h"
#include "../xs/machine.h"
#include "../xs/memory.h"
#include "../xs/modules.h"

#include <stdio.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

void figuresPrint(const char* when)
{
	Figures now;
	char json[512];
	size_t tls = 0, tlsPeak = 0;
	if (tlsHeap)
		tlsHeap(&tls, &tlsPeak);
	machineFigures(&now);
	hostLog("# %s: slots %u (peak %u), chunks %u (peak %u), stack peak %u of %u, TLS %zu (peak %zu), C objects %zu "
		"(peak %zu), XS's C heap %zu (peak %zu), ROM %zu bytes; %u collections",
		when, now.slots, now.slotsPeak, now.chunks, now.chunksPeak, now.stackPeak, now.stack, tls, tlsPeak,
		memoryFigures.native, memoryFigures.nativePeak, memoryFigures.xs, memoryFigures.xsPeak, memoryRomUsed(),
		now.collections);
	eventWrite("memory", "\"when\":\"%s\",%s,\"tls\":%zu,\"tlsPeak\":%zu,\"xs\":%zu,\"xsPeak\":%zu,\"rom\":%zu", when,
		eventFigures(json, sizeof(json), &now), tls, tlsPeak, memoryFigures.xs, memoryFigures.xsPeak, memoryRomUsed());
}

static void import(xsMachine* the, void* data)
{
	xsmcVars(1);
	xsVar(0) = xsAwaitImport((xsStringValue)data, XS_IMPORT_ASYNC);
	xsmcGet(xsVar(0), xsVar(0), xsID_catch);
}

static void measure(uint32_t index)
{
	Figures before, after;
	xsMachine* the = hostMachine();
	fxCollectGarbage(the);
	machineFigures(&before);
	hostRun(import, (void*)modulesName(index));
	fxCollectGarbage(the);
	machineFigures(&after);
	hostLog("# not preloaded: %s: slots %d, chunks %d bytes", modulesName(index), (int)(after.slots - before.slots),
		(int)(after.chunks - before.chunks));
}

/*
 * In a process of its own, since to know what a module costs it must run. It comes to nothing there: what it imports is
 * counted with it unless it was imported before.
 */
void figuresModules(void)
{
	portFlush();
	pid_t child = fork();
	if (child == 0) {
		options.events = -1;
		for (uint32_t i = 0; i < modulesCount(); i++)
			if (!modulesPreload(i))
				measure(i);
		portFlush();
		_exit(0);
	}
	if (child > 0)
		waitpid(child, NULL, 0);
}

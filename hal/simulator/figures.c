/* Figures of memory: on the console and as an event. */
#include "device.h"
#include "events.h"
#include "options.h"
#include "../xs/host.h"
#include "../xs/machine.h"
#include "../xs/memory.h"

#include <stdio.h>

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

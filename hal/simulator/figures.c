/* Figures of memory: on the console and as an event. */
#include "device.h"
#include "events.h"
#include "options.h"
#include "../xs/host.h"
#include "../xs/machine.h"
#include "../xs/memory.h"
#include "../xs/modules.h"

#include <stdio.h>

void figuresPrint(const char* when)
{
	Figures now;
	char json[512];
	machineFigures(&now);
	hostLog("# %s: slots %u (peak %u), chunks %u (peak %u), stack peak %u of %u, native %u (peak %u), XS's C heap %zu "
		"(peak %zu), ROM %zu bytes; %u collections",
		when, now.slots, now.slotsPeak, now.chunks, now.chunksPeak, now.stackPeak, now.stack, now.native, now.nativePeak,
		memoryFigures.xs, memoryFigures.xsPeak, memoryRomUsed(), now.collections);
	eventWrite("memory", "\"when\":\"%s\",%s,\"xs\":%zu,\"xsPeak\":%zu,\"rom\":%zu", when,
		eventFigures(json, sizeof(json), &now), memoryFigures.xs, memoryFigures.xsPeak, memoryRomUsed());
}

void figuresModules(void)
{
	for (uint32_t i = 0; i < modulesCount(); i++)
		if (!modulesPreload(i))
			hostLog("# not preloaded: %s", modulesName(i));
}

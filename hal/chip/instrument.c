/* See instrument.h. */
#include "instrument.h"
#include "../xs/host.h"
#include "../xs/machine.h"
#include "../xs/memory.h"
#include "straps.h"

void instrumentPrint(const char* when)
{
	Figures now;
	size_t tls = 0, tlsPeak = 0;
	if (!strap("instrument"))
		return;
	tlsHeap(&tls, &tlsPeak);
	machineFigures(&now);
	hostLog("# %s: slots %u (peak %u), chunks %u (peak %u), TLS %u (peak %u), C objects %u (peak %u), "
		"XS's C heap %u (peak %u) bytes; %u collections",
		when, (unsigned)now.slots, (unsigned)now.slotsPeak, (unsigned)now.chunks, (unsigned)now.chunksPeak, (unsigned)tls,
		(unsigned)tlsPeak, (unsigned)memoryFigures.native, (unsigned)memoryFigures.nativePeak, (unsigned)memoryFigures.xs,
		(unsigned)memoryFigures.xsPeak, (unsigned)now.collections);
}

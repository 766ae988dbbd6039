/*
 * The boot loader: listens for a host on the second UART, then starts what the boot rules choose; without that it waits for
 * an image for ever. It uses 16 KB of RAM, the firmware's C stack later, so what survives a reset survives it, too.
 */
#include "../board.h"
#include "../port.h"
#include "../straps.h"
#include "burn.h"
#include "idle.h"
#include "say.h"
#include "slots.h"

#include <stdlib.h>
#include <string.h>

void uartStart(void);
void jump(const uint8_t* entry, uint32_t slot, uint32_t offset) __attribute__((noreturn));

enum { waitDefault = 200 /* ms */, codeOffset = 0x400 };

/* What the power cut of the laboratory (../power.c) has to wipe: all of RAM that isn't ours, as far as anything survives there. */
void portForget(void)
{
	extern uint8_t _ram_end[];
	memset(_ram_end, 0, 0x2000);
}

/* Called by start.S. */
void loaderTrapped(uint32_t cause, uint32_t address, uint32_t pc)
{
	say("trap %u at 0x%08x, pc 0x%08x; restarting", (unsigned)cause, (unsigned)address, (unsigned)pc);
	boardReset();
}

/* Comes back when there's nothing to start. */
static void start(void)
{
	Partition partition;
	const char* wrong = tableRead(&board);
	if (wrong) {
		say("%s", wrong);
		say("waiting for an image, with a partition table, on the second UART");
		return;
	}
	uint8_t slot = bootChoose(&slotsHost);
	if (slot == bootNoSlot || !bootSlot(slot, &partition)) {
		say("no slot has a valid image: waiting for one on the second UART");
		return;
	}
	say("ota_%u: starting %s %s", slot, slotLoaded()->board, slotLoaded()->version);
	jump(_window_start + codeOffset, slot, partition.offset);
}

int main(void)
{
	uartStart();
	idleStart();
	strapsRead();
	const char* wait = strap("wait");
	uint64_t until = clockMicroseconds() + 1000 * (wait ? strtoul(wait, NULL, 10) : waitDefault);
	tableRead(&board);
	for (;;) {
		burnServe(until);
		start();
		/* A host that goes silent is nobody's reason to look at the same slots again. */
		until = UINT64_MAX;
	}
}

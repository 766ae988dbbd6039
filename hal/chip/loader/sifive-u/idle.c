/* See idle.h. A board that waits for an image for ever shouldn't heat, nor its emulator. */
#include "../idle.h"
#include "../../sifive-u/registers.h"

enum { timerBit = 0x80, externalBit = 0x800 };
/* Those of the second hart. */
enum { compare = clintCompare + 8, enabled = plicEnable + 0x80, threshold = plicThreshold + 0x1000, claim = plicClaim + 0x1000 };

void idleStart(void)
{
	REGISTER(plicBase + 4 * interruptUart1) = 1;
	REGISTER(enabled) = 1u << interruptUart1;
	REGISTER(enabled + 4) = 0;
	REGISTER(threshold) = 0;
}

void idle(uint64_t until)
{
	/* In an order in which no half of it is ever earlier than the whole. */
	REGISTER(compare + 4) = 0xffffffff;
	REGISTER(compare) = (uint32_t)until;
	REGISTER(compare + 4) = (uint32_t)(until >> 32);
	__asm__ volatile("csrw mie, %0; wfi; csrw mie, zero" ::"r"(timerBit | externalBit) : "memory");
	/* Taken and given back, so that the next byte asks anew. */
	uint32_t claimed = REGISTER(claim);
	if (claimed)
		REGISTER(claim) = claimed;
}

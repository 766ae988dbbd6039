/* See idle.h. A board that waits for an image for ever shouldn't heat, nor its emulator. */
#include "../idle.h"
#include "../../sifive-u/registers.h"

enum { timerBit = 0x80, externalBit = 0x800 };

void idleStart(void)
{
	REGISTER(plicBase + 4 * interruptUart1) = 1;
	REGISTER(plicEnable) = 1u << interruptUart1;
	REGISTER(plicEnable + 4) = 0;
	REGISTER(plicThreshold) = 0;
}

void idle(uint64_t until)
{
	/* In an order in which no half of it is ever earlier than the whole. */
	REGISTER(clintCompare + 4) = 0xffffffff;
	REGISTER(clintCompare) = (uint32_t)until;
	REGISTER(clintCompare + 4) = (uint32_t)(until >> 32);
	__asm__ volatile("csrw mie, %0; wfi; csrw mie, zero" ::"r"(timerBit | externalBit) : "memory");
	/* Taken and given back, so that the next byte asks anew. */
	uint32_t claimed = REGISTER(plicClaim);
	if (claimed)
		REGISTER(plicClaim) = claimed;
}

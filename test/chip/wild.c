/* For test/chip/bounds.test.ts alone: native functions that do what no native function may. */
#include "../../hal/xs/host.h"

#include <stdint.h>

static uintptr_t address(xsMachine* the)
{
	return (uintptr_t)xsmcToNumber(xsArg(0));
}

void xs_wild_store(xsMachine* the)
{
	*(volatile uint8_t*)address(the) = 1;
}

void xs_wild_load(xsMachine* the)
{
	xsmcSetInteger(xsResult, *(volatile uint8_t*)address(the));
}

void xs_wild_call(xsMachine* the)
{
	((void (*)(void))address(the))();
}

static int deeper(int level)
{
	volatile char frame[256];
	frame[level & 255] = (char)level;
	return deeper(level + 1) + frame[level & 255];
}

/* Until the stack's end, and on. */
void xs_wild_deep(xsMachine* the)
{
	xsmcSetInteger(xsResult, deeper(0));
}

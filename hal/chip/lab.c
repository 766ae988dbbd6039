/* See lab.h. */
#include "lab.h"
#include "board.h"

#include <string.h>

enum { labMagic = 0x4241304c };

void labRead(Lab* lab)
{
	const volatile uint32_t* from = (const volatile uint32_t*)_lab_start;
	uint32_t* to = (uint32_t*)lab;
	uintptr_t state = boardUnprotect();
	for (size_t i = 0; i < sizeof(*lab) / 4; i++)
		to[i] = from[i];
	boardProtectAgain(state);
	if (lab->magic != labMagic)
		memset(lab, 0, sizeof(*lab));
}

void labWrite(const Lab* lab)
{
	volatile uint32_t* to = (volatile uint32_t*)_lab_start;
	const uint32_t* from = (const uint32_t*)lab;
	uintptr_t state = boardUnprotect();
	for (size_t i = 1; i < sizeof(*lab) / 4; i++)
		to[i] = from[i];
	to[0] = labMagic;
	boardProtectAgain(state);
}

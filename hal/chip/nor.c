/* The NOR flash of a board, operation by operation, so that the laboratory can cut the power at each (xs/power.h). */
#include "nor.h"
#include "../xs/flash.h"
#include "../xs/power.h"

static int isOutside(uint32_t offset, uint32_t size)
{
	uint32_t all = norSize();
	return offset > all || size > all - offset;
}

int flashRead(uint32_t offset, void* into, uint32_t size)
{
	return isOutside(offset, size) ? -1 : norRead(offset, into, size);
}

static int programOrCut(uint32_t offset, const uint8_t* bytes, uint32_t size)
{
	PowerStep step = powerNext();
	if (step == powerBefore)
		powerCut();
	if (step == powerTorn)
		size /= 2;
	int failed = size && norProgram(offset, bytes, size);
	if (step != powerStays)
		powerCut();
	return failed ? -1 : 0;
}

int flashWrite(uint32_t offset, const void* bytes, uint32_t size)
{
	const uint8_t* from = bytes;
	if (isOutside(offset, size))
		return -1;
	while (size) {
		uint32_t part = norPage - offset % norPage;
		if (part > size)
			part = size;
		if (programOrCut(offset, from, part))
			return -1;
		offset += part;
		from += part;
		size -= part;
	}
	return 0;
}

/* What a block is that lost its power while it was erased: half of it done, and a byte in between that is neither. */
static void tear(uint32_t offset)
{
	enum { half = FLASH_BLOCK / 2, tornBits = 0x55 };
	uint8_t kept[half];
	norRead(offset + half, kept, half);
	kept[0] |= tornBits;
	norErase(offset);
	for (uint32_t at = 0; at < half; at += norPage)
		norProgram(offset + half + at, kept + at, norPage);
}

int flashErase(uint32_t offset)
{
	if (isOutside(offset, FLASH_BLOCK) || offset % FLASH_BLOCK)
		return -1;
	PowerStep step = powerNext();
	if (step == powerBefore)
		powerCut();
	int failed = 0;
	if (step == powerTorn)
		tear(offset);
	else
		failed = norErase(offset);
	if (step != powerStays)
		powerCut();
	return failed;
}

/* A NOR flash in a file (host-file.h). Its rules are kept here: a program only clears bits, an erase takes the whole block. */
#include "../../xs/flash.h"
#include "../nor.h"
#include "host-file.h"

#include <string.h>

static HostFile flash = {.strap = "flash"};

uint32_t norSize(void)
{
	return hostFileSize(&flash);
}

int norRead(uint32_t offset, void* into, uint32_t size)
{
	return hostFileRead(&flash, offset, into, size);
}

int norProgram(uint32_t offset, const void* bytes, uint32_t size)
{
	uint8_t page[norPage];
	const uint8_t* from = bytes;
	if (size > sizeof(page) || norRead(offset, page, size))
		return -1;
	for (uint32_t i = 0; i < size; i++)
		page[i] &= from[i];
	return hostFileWrite(&flash, offset, page, size);
}

int norErase(uint32_t offset)
{
	uint8_t page[norPage];
	memset(page, 0xff, sizeof(page));
	for (uint32_t at = 0; at < FLASH_BLOCK; at += sizeof(page))
		if (hostFileWrite(&flash, offset + at, page, sizeof(page)))
			return -1;
	return 0;
}

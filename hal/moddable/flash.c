/*
 * The NOR flash of hal/xs/flash.h in a file: a device under the Moddable simulator has one, too. A write only clears bits.
 * The file is the simulated board's, so the tools that look into one look into the other.
 */
#include "../xs/flash.h"
#include "../xs/partitions.h"

#include <string.h>
#include <sys/mman.h>

#include "state.h"

enum { flashSize = 0x400000, typeApp = 0, typeData = 1 };

static const char flashFile[] = "flash.bin";

/* As boards/sim/partitions.csv has it; test/unit/manifests.test.ts compares them. */
static const struct {
	const char* name;
	uint8_t type, subtype;
	uint32_t offset, size;
} partitions[] = {
	{"nvs", typeData, 0x02, 0x9000, 0x5000},
	{"otadata", typeData, 0x00, 0xe000, 0x2000},
	{"ota_0", typeApp, 0x10, 0x10000, 0x190000},
	{"ota_1", typeApp, 0x11, 0x1a0000, 0x190000},
	{"app_0", typeData, 0x40, 0x330000, 0x40000},
	{"app_1", typeData, 0x41, 0x370000, 0x40000},
	{"vault", typeData, 0x42, 0x3b0000, 0x20000},
	{"kv", typeData, 0x43, 0x3d0000, 0x10000},
	{"factory", typeData, 0x44, 0x3e0000, 0x10000},
};

static uint8_t* flash;

static void putLittle(uint8_t* to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static void writeTable(uint8_t* table)
{
	for (size_t i = 0; i < sizeof(partitions) / sizeof(partitions[0]); i++) {
		uint8_t* entry = table + i * partitionRecord;
		memset(entry, 0, partitionRecord);
		entry[0] = 0xaa;
		entry[1] = 0x50;
		entry[2] = partitions[i].type;
		entry[3] = partitions[i].subtype;
		putLittle(entry + 4, partitions[i].offset);
		putLittle(entry + 8, partitions[i].size);
		strncpy((char*)entry + 12, partitions[i].name, 16);
	}
}

/* The flash at `offset`; NULL when the file can't be had, or `size` bytes reach past its end. */
static uint8_t* at(uint32_t offset, uint32_t size)
{
	if (!flash) {
		flash = stateMap(flashFile, flashSize, 0xff);
		if (!flash)
			return NULL;
		if (flash[partitionTableOffset] == 0xff)
			writeTable(flash + partitionTableOffset);
	}
	return offset > flashSize || size > flashSize - offset ? NULL : flash + offset;
}

int flashRead(uint32_t offset, void* into, uint32_t size)
{
	const uint8_t* from = at(offset, size);
	if (!from)
		return -1;
	memcpy(into, from, size);
	return 0;
}

int flashWrite(uint32_t offset, const void* bytes, uint32_t size)
{
	uint8_t* to = at(offset, size);
	if (!to)
		return -1;
	for (uint32_t i = 0; i < size; i++)
		to[i] &= ((const uint8_t*)bytes)[i];
	return 0;
}

int flashErase(uint32_t offset)
{
	uint8_t* block = at(offset, FLASH_BLOCK);
	if (!block || offset % FLASH_BLOCK)
		return -1;
	memset(block, 0xff, FLASH_BLOCK);
	return 0;
}

#include "flash.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "events.h"
#include "options.h"

/* Which bits a cell block that lost its power half-way has changed: every other one of those that were to change. */
#define TORN_BITS 0x55

uint8_t* flashMemory;
size_t flashSize;
static FlashStats* stats;

const FlashStats* flashCount(size_t size)
{
	size_t bytes = sizeof(FlashStats) + size / FLASH_BLOCK * sizeof(uint32_t);
	void* memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	stats = MAP_FAILED == memory ? NULL : memory;
	return stats;
}

void flashTell(void)
{
	uint32_t worn = 0, blocks = (uint32_t)(flashSize / FLASH_BLOCK);
	if (!stats)
		return;
	for (uint32_t block = 1; block < blocks; block++)
		if (stats->wear[block] > stats->wear[worn])
			worn = block;
	eventWrite("flash", "\"erases\":%u,\"programs\":%u,\"bytes\":%u,\"violations\":%u,\"wornBlock\":%u,\"wear\":%u",
		stats->erases, stats->programs, stats->bytesProgrammed, stats->violations, worn, stats->wear[worn]);
	if (options.instrument)
		printf("# flash: %u erases, %u programs of %u bytes, %u bytes that should have set a bit; most worn: block %u, %u "
			"erases\n", stats->erases, stats->programs, stats->bytesProgrammed, stats->violations, worn, stats->wear[worn]);
}

static int isOutside(uint32_t offset, uint32_t size)
{
	return offset > flashSize || size > flashSize - offset;
}

int flashRead(uint32_t offset, void* into, uint32_t size)
{
	if (isOutside(offset, size))
		return -1;
	memcpy(into, flashMemory + offset, size);
	return 0;
}

static void program(uint8_t* cells, const uint8_t* bytes, uint32_t size)
{
	uint32_t violations = 0;
	for (uint32_t index = 0; index < size; index++) {
		violations += (bytes[index] & ~cells[index]) != 0;
		cells[index] &= bytes[index];
	}
	if (stats)
		stats->violations += violations;
}

/* Inside one page. */
static void programPage(uint8_t* cells, const uint8_t* bytes, uint32_t size)
{
	PowerStep step = powerNext();
	if (powerBefore == step)
		powerCut();
	if (powerTorn == step) {
		uint32_t half = size / 2;
		program(cells, bytes, half);
		uint8_t toClear = cells[half] & (uint8_t)~bytes[half];
		cells[half] &= (uint8_t)~(toClear & TORN_BITS);
		powerCut();
	}
	program(cells, bytes, size);
	if (stats) {
		stats->programs++;
		stats->bytesProgrammed += size;
	}
	if (powerAfter == step)
		powerCut();
}

int flashWrite(uint32_t offset, const void* bytes, uint32_t size)
{
	const uint8_t* from = bytes;
	if (isOutside(offset, size))
		return -1;
	while (size) {
		uint32_t part = FLASH_PAGE - offset % FLASH_PAGE;
		if (part > size)
			part = size;
		programPage(flashMemory + offset, from, part);
		offset += part;
		from += part;
		size -= part;
	}
	return 0;
}

int flashErase(uint32_t offset)
{
	if (isOutside(offset, FLASH_BLOCK) || offset % FLASH_BLOCK)
		return -1;
	uint8_t* cells = flashMemory + offset;
	PowerStep step = powerNext();
	if (powerBefore == step)
		powerCut();
	if (powerTorn == step) {
		memset(cells, 0xff, FLASH_BLOCK / 2);
		cells[FLASH_BLOCK / 2] |= TORN_BITS;
		powerCut();
	}
	memset(cells, 0xff, FLASH_BLOCK);
	if (stats) {
		stats->erases++;
		stats->wear[offset / FLASH_BLOCK]++;
	}
	if (powerAfter == step)
		powerCut();
	return 0;
}

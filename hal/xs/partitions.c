/* Reads the partition table: see partitions.h. */
#include "partitions.h"
#include "bytes.h"
#include "flash.h"

#include <string.h>

enum { entryMagic = 0x50AA };

/* Whether `size` bytes at `offset` lie in the flash, which refuses to read elsewhere. */
static int isInside(uint32_t offset, uint32_t size)
{
	uint8_t nothing;
	return size <= UINT32_MAX - offset && !flashRead(offset + size, &nothing, 0);
}

int partitionAt(int index, Partition* partition)
{
	uint8_t p[partitionRecord];
	if (index < 0 || index >= partitionTableSize / partitionRecord
		|| flashRead(partitionTableOffset + (uint32_t)index * partitionRecord, p, sizeof(p)))
		return 0;
	if ((p[0] | p[1] << 8) != entryMagic)
		return 0;
	partition->type = p[2];
	partition->subtype = p[3];
	partition->offset = u32(p + 4);
	partition->size = u32(p + 8);
	memcpy(partition->name, p + 12, 16);
	partition->name[16] = 0;
	partition->flags = u32(p + 28);
	return isInside(partition->offset, partition->size);
}

int partitionFind(const char* name, Partition* partition)
{
	for (int i = 0; partitionAt(i, partition); i++)
		if (!strcmp(partition->name, name))
			return 1;
	return 0;
}

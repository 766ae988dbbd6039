/* Reads the partition table: see partitions.h. */
#include "partitions.h"

#include <string.h>

enum { entryMagic = 0x50AA };

static uint32_t u32(const uint8_t* p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

int partitionAt(const uint8_t* flash, size_t size, int index, Partition* partition)
{
	if (index < 0 || index >= partitionTableSize / partitionRecord || size < partitionTableOffset + partitionTableSize)
		return 0;
	const uint8_t* p = flash + partitionTableOffset + index * partitionRecord;
	if ((p[0] | p[1] << 8) != entryMagic)
		return 0;
	partition->type = p[2];
	partition->subtype = p[3];
	partition->offset = u32(p + 4);
	partition->size = u32(p + 8);
	memcpy(partition->name, p + 12, 16);
	partition->name[16] = 0;
	partition->flags = u32(p + 28);
	return partition->offset <= size && partition->size <= size - partition->offset;
}

int partitionFind(const uint8_t* flash, size_t size, const char* name, Partition* partition)
{
	for (int i = 0; partitionAt(flash, size, i, partition); i++)
		if (!strcmp(partition->name, name))
			return 1;
	return 0;
}

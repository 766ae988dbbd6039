/* The partition table in flash: ESP-IDF's binary form at 0x8000. */
#ifndef PARTITIONS_H
#define PARTITIONS_H

#include <stddef.h>
#include <stdint.h>

enum { partitionTableOffset = 0x8000, partitionTableSize = 0xC00, partitionRecord = 32 };

typedef struct {
	char name[17];
	uint8_t type, subtype;
	uint32_t offset, size, flags;
} Partition;

/* The index-th partition of a flash of `size` bytes; 0 when there are no more (or the table is broken from there). */
int partitionAt(const uint8_t* flash, size_t size, int index, Partition* partition);
int partitionFind(const uint8_t* flash, size_t size, const char* name, Partition* partition);

#endif

/* The partition table in flash: ESP-IDF's binary form at 0x8000. Read by flashRead: a chip's NOR is no memory. */
#ifndef PARTITIONS_H
#define PARTITIONS_H

#include <stdint.h>

enum { partitionTableOffset = 0x8000, partitionTableSize = 0xC00, partitionRecord = 32 };

typedef struct {
	char name[17];
	uint8_t type, subtype;
	uint32_t offset, size, flags;
} Partition;

/* The index-th partition; 0 when there are no more, the table is broken from there, or it reaches past the flash. */
int partitionAt(int index, Partition* partition);
int partitionFind(const char* name, Partition* partition);

#endif

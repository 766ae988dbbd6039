/* The boot record and its two copies: see boot-record.h and hal/BOOT.md. */
#include "boot-record.h"
#include "bytes.h"
#include "digest.h"
#include "flash.h"
#include "partitions.h"

#include <string.h>

enum {
	copies = 2,
	recordMagic = 0x42584B4C, /* "LKXB" */
	recordFormat = 1,
	atSequence = 8,
	atState = 12,
	atCommit = 48, /* a write unit of its own, also of an encrypted flash */
	atCrc = 60
};

static void put(uint8_t* p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

/* The partition's offset, or 0: there's none with two blocks. */
static uint32_t otadata(void)
{
	Partition partition;
	return partitionFind("otadata", &partition) && partition.size >= copies * FLASH_BLOCK ? partition.offset : 0;
}

static void encode(uint8_t bytes[bootRecordSize], const BootRecord* record)
{
	memset(bytes, 0, bootRecordSize);
	put(bytes, recordMagic);
	put(bytes + 4, recordFormat | bootRecordSize << 16);
	put(bytes + atSequence, record->sequence);
	bytes[atState] = record->state;
	bytes[atState + 1] = record->slot;
	bytes[atState + 2] = record->boots;
	bytes[atState + 3] = record->former;
	bytes[atState + 4] = record->failed;
	bytes[atState + 5] = record->outcome;
	put(bytes + atCrc, crc32(bytes, atCrc));
}

static int decode(const uint8_t bytes[bootRecordSize], BootRecord* record)
{
	if (u32(bytes) != recordMagic || u32(bytes + 4) != (recordFormat | bootRecordSize << 16)
		|| crc32(bytes, atCrc) != u32(bytes + atCrc))
		return 0;
	record->sequence = u32(bytes + atSequence);
	record->state = bytes[atState];
	record->slot = bytes[atState + 1];
	record->boots = bytes[atState + 2];
	record->former = bytes[atState + 3];
	record->failed = bytes[atState + 4];
	record->outcome = bytes[atState + 5];
	return record->state == bootConfirmed || record->state == bootTrial;
}

/* The copy that holds, with its record; -1: none does. */
static int newest(uint32_t base, BootRecord* record)
{
	int found = -1;
	for (int copy = 0; copy < copies; copy++) {
		uint8_t bytes[bootRecordSize];
		BootRecord one;
		if (flashRead(base + (uint32_t)copy * FLASH_BLOCK, bytes, sizeof(bytes)) || !decode(bytes, &one))
			continue;
		/* Numbers may wrap: the newer one is ahead by less than half of them. */
		if (found >= 0 && (int32_t)(one.sequence - record->sequence) < 0)
			continue;
		found = copy;
		*record = one;
	}
	return found;
}

int bootRecordRead(BootRecord* record)
{
	uint32_t base = otadata();
	return base && newest(base, record) >= 0;
}

int bootRecordWrite(BootRecord* record)
{
	uint8_t bytes[bootRecordSize], written[bootRecordSize];
	BootRecord former;
	uint32_t base = otadata();
	if (!base)
		return -1;
	int copy = newest(base, &former);
	record->sequence = copy < 0 ? 1 : former.sequence + 1;
	encode(bytes, record);
	/* Erased also if it looks erased: an erase may have been interrupted. */
	uint32_t at = base + (copy == 0 ? FLASH_BLOCK : 0);
	if (flashErase(at) || flashWrite(at, bytes, atCommit))
		return -1;
	/* The commit point. */
	if (flashWrite(at + atCommit, bytes + atCommit, bootRecordSize - atCommit))
		return -1;
	return flashRead(at, written, sizeof(written)) || memcmp(written, bytes, sizeof(bytes)) ? -1 : 0;
}

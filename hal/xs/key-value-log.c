/*
 * The format (version 1; little-endian; U = write unit, 4, 8 or 16 bytes):
 *
 * The partition is two banks, each half of its blocks. A bank begins with its header: u32 "LKV1", u32 sequence, u16
 * version, u16 U, u32 CRC-32 of these 12 bytes; then a commit unit (u32 "DONE", filled up with 0xff to U bytes). The bank
 * with a whole, committed header and the higher sequence is the one in use.
 *
 * Behind it lie records: u8 0x4B, u8 format, u8 length of the domain, u8 of the key, u16 of the value, u16 check (the
 * lower half of the CRC-32 of those six bytes), u32 CRC-32 of the six bytes, domain, key and value; domain, key, value,
 * filled up with 0xff to a multiple of U; then a commit unit. The last committed record of a name counts; format 0xff
 * is a deletion.
 *
 * Why that survives a cut at any moment: a record counts from its commit unit on, which is written last and alone; what
 * lies behind the last committed record and isn't erased is never written over, the bank is compacted first. Compaction
 * writes the other bank (erase, header, the records that count) and commits its header last; until then the old bank is
 * the one in use, afterwards it isn't looked at.
 */
#include "key-value-log.h"

#include <string.h>

#define BANK_MAGIC 0x31564b4cu
#define BANK_HEADER 16
#define VERSION 1
#define COMMIT 0x454e4f44u
#define RECORD_MAGIC 0x4b

/* ---- Bytes ---- */

static uint32_t crc32(uint32_t crc, const void* data, uint32_t size)
{
	/* Half a byte a step: 64 bytes of table (polynomial 0xEDB88320, IEEE 802.3). */
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const uint8_t* bytes = data;
	crc = ~crc;
	while (size--) {
		crc ^= *bytes++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

static uint32_t get32(const uint8_t* bytes)
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint16_t get16(const uint8_t* bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static void put16(uint8_t* bytes, uint32_t value)
{
	bytes[0] = (uint8_t)value;
	bytes[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t* bytes, uint32_t value)
{
	put16(bytes, value);
	put16(bytes + 2, value >> 16);
}

/* ---- Flash ---- */

int logRead(KeyValue* store, uint32_t offset, void* into, uint32_t size)
{
	return store->flash.read(store->flash.context, offset, into, size);
}

static int writeFlash(KeyValue* store, uint32_t offset, const void* bytes, uint32_t size)
{
	return store->flash.write(store->flash.context, offset, bytes, size);
}

static uint32_t aligned(const KeyValue* store, uint32_t size)
{
	return (size + store->flash.unit - 1) & ~(store->flash.unit - 1);
}

static int commit(KeyValue* store, uint32_t offset)
{
	uint8_t unit[UNIT_MOST];
	memset(unit, 0xff, sizeof unit);
	put32(unit, COMMIT);
	return writeFlash(store, offset, unit, store->flash.unit);
}

static int isCommitted(KeyValue* store, uint32_t offset)
{
	uint8_t word[4];
	return !logRead(store, offset, word, sizeof word) && COMMIT == get32(word);
}

int logIsErased(KeyValue* store, uint32_t offset, uint32_t end)
{
	uint8_t piece[PIECE];
	while (offset < end) {
		uint32_t size = end - offset < PIECE ? end - offset : PIECE;
		if (logRead(store, offset, piece, size))
			return 0;
		for (uint32_t index = 0; index < size; index++)
			if (0xff != piece[index])
				return 0;
		offset += size;
	}
	return 1;
}

/* Bytes go out in whole units: what's left over waits in `piece`. */
typedef struct {
	KeyValue* store;
	uint32_t offset;
	uint32_t count;
	int failed;
	uint8_t piece[PIECE];
} Writer;

static void put(Writer* writer, const void* data, uint32_t size)
{
	const uint8_t* bytes = data;
	while (size && !writer->failed) {
		uint32_t part = PIECE - writer->count < size ? PIECE - writer->count : size;
		memcpy(writer->piece + writer->count, bytes, part);
		writer->count += part;
		bytes += part;
		size -= part;
		if (writer->count < PIECE)
			break;
		writer->failed = writeFlash(writer->store, writer->offset, writer->piece, PIECE);
		writer->offset += PIECE;
		writer->count = 0;
	}
}

/* Fill up the last unit and write it. */
static int putEnd(Writer* writer)
{
	uint32_t size = aligned(writer->store, writer->count);
	memset(writer->piece + writer->count, 0xff, size - writer->count);
	if (size && !writer->failed)
		writer->failed = writeFlash(writer->store, writer->offset, writer->piece, size);
	return writer->failed;
}

/* ---- Records ---- */

uint32_t logRecordSize(const KeyValue* store, uint32_t domain, uint32_t key, uint32_t value)
{
	return aligned(store, RECORD_HEADER + domain + key + value) + store->flash.unit;
}

int logRecordAt(KeyValue* store, uint32_t offset, KeyValueEntry* entry)
{
	uint8_t header[RECORD_HEADER];
	uint32_t limit = store->start + store->bankSize;
	if (limit - offset < RECORD_HEADER + store->flash.unit || logRead(store, offset, header, sizeof header))
		return 0;
	if (RECORD_MAGIC != header[0] || get16(header + 6) != (crc32(0, header, 6) & 0xffff))
		return 0;
	entry->offset = offset;
	entry->format = header[1];
	entry->domainLength = header[2];
	entry->keyLength = header[3];
	entry->size = get16(header + 4);
	entry->crc = get32(header + 8);
	uint32_t size = logRecordSize(store, entry->domainLength, entry->keyLength, entry->size);
	if (size > limit - offset || entry->domainLength > KEY_VALUE_NAME || entry->keyLength > KEY_VALUE_NAME)
		return 0;
	entry->next = offset + size;
	return isCommitted(store, entry->next - store->flash.unit);
}

uint32_t logBankHeader(const KeyValue* store)
{
	return BANK_HEADER + store->flash.unit;
}

uint32_t logFirst(const KeyValue* store)
{
	return store->start + logBankHeader(store);
}

int logIsWhole(KeyValue* store, const KeyValueEntry* entry)
{
	uint8_t piece[PIECE];
	uint32_t offset = entry->offset, left = (uint32_t)entry->domainLength + entry->keyLength + entry->size;
	if (logRead(store, offset, piece, 6))
		return 0;
	uint32_t crc = crc32(0, piece, 6);
	for (offset += RECORD_HEADER; left;) {
		uint32_t size = left < PIECE ? left : PIECE;
		if (logRead(store, offset, piece, size))
			return 0;
		crc = crc32(crc, piece, size);
		offset += size;
		left -= size;
	}
	return crc == entry->crc;
}

int logHasName(KeyValue* store, const KeyValueEntry* entry, const uint8_t* names, uint32_t domain, uint32_t key)
{
	uint8_t piece[2 * KEY_VALUE_NAME];
	if (entry->domainLength != domain || entry->keyLength != key)
		return 0;
	return !logRead(store, entry->offset + RECORD_HEADER, piece, domain + key) && !memcmp(piece, names, domain + key);
}

int logLast(KeyValue* store, uint32_t offset, const uint8_t* names, uint32_t domain, uint32_t key, KeyValueEntry* last)
{
	KeyValueEntry entry;
	int found = 0;
	for (; offset < store->end && logRecordAt(store, offset, &entry); offset = entry.next) {
		if (!logHasName(store, &entry, names, domain, key))
			continue;
		*last = entry;
		found = 1;
	}
	return found;
}

int logIsLive(KeyValue* store, const KeyValueEntry* entry)
{
	uint8_t names[2 * KEY_VALUE_NAME];
	KeyValueEntry later;
	if (FORMAT_DELETED == entry->format)
		return 0;
	if (logRead(store, entry->offset + RECORD_HEADER, names, (uint32_t)entry->domainLength + entry->keyLength))
		return 0;
	return !logLast(store, entry->next, names, entry->domainLength, entry->keyLength, &later);
}

int logWriteRecord(KeyValue* store, uint32_t offset, KeyValueName name, uint8_t format, const void* bytes, uint32_t size)
{
	Writer writer = { .store = store, .offset = offset };
	uint8_t header[RECORD_HEADER];
	uint32_t domain = (uint32_t)strlen(name.domain), key = (uint32_t)strlen(name.key);
	header[0] = RECORD_MAGIC;
	header[1] = format;
	header[2] = (uint8_t)domain;
	header[3] = (uint8_t)key;
	put16(header + 4, size);
	uint32_t crc = crc32(0, header, 6);
	put16(header + 6, crc);
	crc = crc32(crc32(crc32(crc, name.domain, domain), name.key, key), bytes, size);
	put32(header + 8, crc);
	put(&writer, header, sizeof header);
	put(&writer, name.domain, domain);
	put(&writer, name.key, key);
	put(&writer, bytes, size);
	if (putEnd(&writer))
		return -1;
	return commit(store, offset + logRecordSize(store, domain, key, size) - store->flash.unit);
}

/* ---- Banks ---- */

int logBank(KeyValue* store, uint32_t start, uint32_t* sequence)
{
	uint8_t header[BANK_HEADER];
	if (logRead(store, start, header, sizeof header) || BANK_MAGIC != get32(header))
		return 0;
	if (crc32(0, header, 12) != get32(header + 12) || VERSION != get16(header + 8))
		return 0;
	if (get16(header + 10) != store->flash.unit || !isCommitted(store, start + BANK_HEADER))
		return 0;
	*sequence = get32(header + 4);
	return 1;
}

int logCommitBank(KeyValue* store, uint32_t start)
{
	return commit(store, start + BANK_HEADER);
}

int logBeginBank(KeyValue* store, uint32_t start, uint32_t sequence)
{
	uint8_t header[BANK_HEADER];
	for (uint32_t offset = 0; offset < store->bankSize; offset += store->flash.blockSize)
		if (store->flash.erase(store->flash.context, start + offset))
			return -1;
	put32(header, BANK_MAGIC);
	put32(header + 4, sequence);
	put16(header + 8, VERSION);
	put16(header + 10, store->flash.unit);
	put32(header + 12, crc32(0, header, 12));
	return writeFlash(store, start, header, sizeof header);
}

int logCopyRecord(KeyValue* store, const KeyValueEntry* entry, uint32_t to)
{
	uint8_t piece[PIECE];
	uint32_t from = entry->offset;
	while (from < entry->next) {
		uint32_t size = entry->next - from < PIECE ? entry->next - from : PIECE;
		if (logRead(store, from, piece, size) || writeFlash(store, to, piece, size))
			return -1;
		from += size;
		to += size;
	}
	return 0;
}

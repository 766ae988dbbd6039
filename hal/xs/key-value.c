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
#include "key-value.h"

#include <string.h>

#define BANK_MAGIC 0x31564b4cu
#define BANK_HEADER 16
#define VERSION 1
#define COMMIT 0x454e4f44u
#define RECORD_MAGIC 0x4b
#define RECORD_HEADER 12
#define FORMAT_DELETED 0xff
#define UNIT_MOST 16
/* Bytes on the stack while copying and comparing; a multiple of every unit. */
#define PIECE 64

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

static int readFlash(KeyValue* store, uint32_t offset, void* into, uint32_t size)
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
	return !readFlash(store, offset, word, sizeof word) && COMMIT == get32(word);
}

static int isErased(KeyValue* store, uint32_t offset, uint32_t end)
{
	uint8_t piece[PIECE];
	while (offset < end) {
		uint32_t size = end - offset < PIECE ? end - offset : PIECE;
		if (readFlash(store, offset, piece, size))
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

static uint32_t recordSize(const KeyValue* store, uint32_t domain, uint32_t key, uint32_t value)
{
	return aligned(store, RECORD_HEADER + domain + key + value) + store->flash.unit;
}

/* The committed record at `offset`; 0 when there's none. */
static int recordAt(KeyValue* store, uint32_t offset, KeyValueEntry* entry)
{
	uint8_t header[RECORD_HEADER];
	uint32_t limit = store->start + store->bankSize;
	if (limit - offset < RECORD_HEADER + store->flash.unit || readFlash(store, offset, header, sizeof header))
		return 0;
	if (RECORD_MAGIC != header[0] || get16(header + 6) != (crc32(0, header, 6) & 0xffff))
		return 0;
	entry->offset = offset;
	entry->format = header[1];
	entry->domainLength = header[2];
	entry->keyLength = header[3];
	entry->size = get16(header + 4);
	entry->crc = get32(header + 8);
	uint32_t size = recordSize(store, entry->domainLength, entry->keyLength, entry->size);
	if (size > limit - offset || entry->domainLength > KEY_VALUE_NAME || entry->keyLength > KEY_VALUE_NAME)
		return 0;
	entry->next = offset + size;
	return isCommitted(store, entry->next - store->flash.unit);
}

static uint32_t firstRecord(const KeyValue* store)
{
	return store->start + BANK_HEADER + store->flash.unit;
}

/* Whether all bytes of the record are those that were written. */
static int isWhole(KeyValue* store, const KeyValueEntry* entry)
{
	uint8_t piece[PIECE];
	uint32_t offset = entry->offset, left = (uint32_t)entry->domainLength + entry->keyLength + entry->size;
	if (readFlash(store, offset, piece, 6))
		return 0;
	uint32_t crc = crc32(0, piece, 6);
	for (offset += RECORD_HEADER; left;) {
		uint32_t size = left < PIECE ? left : PIECE;
		if (readFlash(store, offset, piece, size))
			return 0;
		crc = crc32(crc, piece, size);
		offset += size;
		left -= size;
	}
	return crc == entry->crc;
}

static int hasName(KeyValue* store, const KeyValueEntry* entry, const uint8_t* names, uint32_t domain, uint32_t key)
{
	uint8_t piece[2 * KEY_VALUE_NAME];
	if (entry->domainLength != domain || entry->keyLength != key)
		return 0;
	return !readFlash(store, entry->offset + RECORD_HEADER, piece, domain + key) && !memcmp(piece, names, domain + key);
}

/* The last record of a name from `offset` on; 0 when there's none. */
static int lastOf(KeyValue* store, uint32_t offset, const uint8_t* names, uint32_t domain, uint32_t key, KeyValueEntry* last)
{
	KeyValueEntry entry;
	int found = 0;
	for (; offset < store->end && recordAt(store, offset, &entry); offset = entry.next) {
		if (!hasName(store, &entry, names, domain, key))
			continue;
		*last = entry;
		found = 1;
	}
	return found;
}

/* Whether it is the one that counts. */
static int isLive(KeyValue* store, const KeyValueEntry* entry)
{
	uint8_t names[2 * KEY_VALUE_NAME];
	KeyValueEntry later;
	if (FORMAT_DELETED == entry->format)
		return 0;
	if (readFlash(store, entry->offset + RECORD_HEADER, names, (uint32_t)entry->domainLength + entry->keyLength))
		return 0;
	return !lastOf(store, entry->next, names, entry->domainLength, entry->keyLength, &later);
}

/* Write a record at `offset` of a bank and commit it; the space there is erased. */
static int writeRecord(KeyValue* store, uint32_t offset, KeyValueName name, uint8_t format, const void* bytes, uint32_t size)
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
	return commit(store, offset + recordSize(store, domain, key, size) - store->flash.unit);
}

/* ---- Banks ---- */

/* 1 and its sequence when the bank is whole and committed. */
static int bankAt(KeyValue* store, uint32_t start, uint32_t* sequence)
{
	uint8_t header[BANK_HEADER];
	if (readFlash(store, start, header, sizeof header) || BANK_MAGIC != get32(header))
		return 0;
	if (crc32(0, header, 12) != get32(header + 12) || VERSION != get16(header + 8))
		return 0;
	if (get16(header + 10) != store->flash.unit || !isCommitted(store, start + BANK_HEADER))
		return 0;
	*sequence = get32(header + 4);
	return 1;
}

static int beginBank(KeyValue* store, uint32_t start, uint32_t sequence)
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

static int copyRecord(KeyValue* store, const KeyValueEntry* entry, uint32_t to)
{
	uint8_t piece[PIECE];
	uint32_t from = entry->offset;
	while (from < entry->next) {
		uint32_t size = entry->next - from < PIECE ? entry->next - from : PIECE;
		if (readFlash(store, from, piece, size) || writeFlash(store, to, piece, size))
			return -1;
		from += size;
		to += size;
	}
	return 0;
}

/* A record that isn't in flash yet. */
typedef struct {
	KeyValueName name;
	uint8_t format;
	const void* bytes;
	uint32_t size;
	/* domain and key in one piece, with their lengths */
	const uint8_t* names;
	uint32_t domain, key;
} Fresh;

static uint32_t freshSize(const KeyValue* store, const Fresh* fresh)
{
	return recordSize(store, fresh->domain, fresh->key, fresh->size);
}

/* Whether a compaction takes it along: it counts, is undamaged, and isn't what `fresh` replaces. */
static int isKept(KeyValue* store, const KeyValueEntry* entry, const Fresh* fresh)
{
	if (!isLive(store, entry) || hasName(store, entry, fresh->names, fresh->domain, fresh->key))
		return 0;
	return isWhole(store, entry);
}

/* Whether what counts and `fresh` go into one bank: asked before anything is erased for it. */
static int hasRoom(KeyValue* store, const Fresh* fresh)
{
	KeyValueEntry entry;
	uint32_t size = BANK_HEADER + store->flash.unit + freshSize(store, fresh);
	for (uint32_t offset = firstRecord(store); offset < store->end && recordAt(store, offset, &entry); offset = entry.next)
		if (isKept(store, &entry, fresh))
			size += entry.next - entry.offset;
	return size <= store->bankSize;
}

/*
 * Go over to the other bank with what counts and `fresh`, which takes the place of its old value in the same moment: the
 * bank's commit.
 */
static KeyValueResult compact(KeyValue* store, const Fresh* fresh)
{
	uint32_t other = store->start ? 0 : store->bankSize;
	uint32_t end = other + BANK_HEADER + store->flash.unit;
	KeyValueEntry entry;
	if (!hasRoom(store, fresh))
		return keyValueFull;
	if (beginBank(store, other, store->sequence + 1))
		return keyValueFlash;
	for (uint32_t offset = firstRecord(store); offset < store->end && recordAt(store, offset, &entry); offset = entry.next) {
		if (!isKept(store, &entry, fresh))
			continue;
		if (copyRecord(store, &entry, end))
			return keyValueFlash;
		end += entry.next - entry.offset;
	}
	if (FORMAT_DELETED != fresh->format) {
		if (writeRecord(store, end, fresh->name, fresh->format, fresh->bytes, fresh->size))
			return keyValueFlash;
		end += freshSize(store, fresh);
	}
	if (commit(store, other + BANK_HEADER))
		return keyValueFlash;
	store->start = other;
	store->end = end;
	store->sequence++;
	store->isDirty = 0;
	return keyValueOk;
}

static KeyValueResult format(KeyValue* store)
{
	store->start = 0;
	store->sequence = 1;
	if (beginBank(store, 0, 1) || commit(store, BANK_HEADER))
		return keyValueFlash;
	store->end = firstRecord(store);
	return keyValueOk;
}

KeyValueResult keyValueMount(KeyValue* store, const KeyValueFlash* flash, int isReadOnly)
{
	uint32_t first, second;
	KeyValueEntry entry;
	memset(store, 0, sizeof *store);
	store->flash = *flash;
	store->isReadOnly = 0 != isReadOnly;
	store->bankSize = flash->blockCount / 2 * flash->blockSize;
	if (!store->bankSize || flash->unit < 4 || flash->unit > UNIT_MOST || flash->unit & (flash->unit - 1))
		return keyValueFlash;
	int hasFirst = bankAt(store, 0, &first), hasSecond = bankAt(store, store->bankSize, &second);
	if (!hasFirst && !hasSecond) {
		if (isReadOnly)
			return keyValueOk;
		store->isMounted = 1;
		return format(store);
	}
	/* The difference, not the order, tells after 2^32 compactions, too. */
	int isSecond = hasSecond && (!hasFirst || (int32_t)(second - first) > 0);
	store->start = isSecond ? store->bankSize : 0;
	store->sequence = isSecond ? second : first;
	store->isMounted = 1;
	uint32_t offset = firstRecord(store);
	while (recordAt(store, offset, &entry))
		offset = entry.next;
	store->end = offset;
	store->isDirty = !isErased(store, offset, store->start + store->bankSize);
	return keyValueOk;
}

/* ---- Values ---- */

/* domain and key in one piece; 0 when either is empty or too long */
static int joinName(KeyValueName name, uint8_t names[2 * KEY_VALUE_NAME], uint32_t* domain, uint32_t* key)
{
	size_t first = strlen(name.domain), second = strlen(name.key);
	if (!first || first > KEY_VALUE_NAME || !second || second > KEY_VALUE_NAME)
		return 0;
	*domain = (uint32_t)first;
	*key = (uint32_t)second;
	memcpy(names, name.domain, first);
	memcpy(names + first, name.key, second);
	return 1;
}

KeyValueResult keyValueFind(KeyValue* store, KeyValueName name, KeyValueEntry* entry)
{
	uint8_t names[2 * KEY_VALUE_NAME];
	uint32_t domain, key;
	if (!joinName(name, names, &domain, &key))
		return keyValueLength;
	if (!store->isMounted || !lastOf(store, firstRecord(store), names, domain, key, entry))
		return keyValueAbsent;
	/* An older value would be a lie, so a damaged last one isn't passed over. */
	if (!isWhole(store, entry))
		return keyValueDamaged;
	return FORMAT_DELETED == entry->format ? keyValueAbsent : keyValueOk;
}

KeyValueResult keyValueRead(KeyValue* store, const KeyValueEntry* entry, void* into)
{
	uint32_t offset = entry->offset + RECORD_HEADER + entry->domainLength + entry->keyLength;
	return readFlash(store, offset, into, entry->size) ? keyValueFlash : keyValueOk;
}

static int isSame(KeyValue* store, const KeyValueEntry* entry, uint8_t format, const uint8_t* bytes, uint32_t size)
{
	uint8_t piece[PIECE];
	uint32_t offset = entry->offset + RECORD_HEADER + entry->domainLength + entry->keyLength;
	if (entry->format != format || entry->size != size)
		return 0;
	while (size) {
		uint32_t part = size < PIECE ? size : PIECE;
		if (readFlash(store, offset, piece, part) || memcmp(piece, bytes, part))
			return 0;
		offset += part;
		bytes += part;
		size -= part;
	}
	return 1;
}

static KeyValueResult append(KeyValue* store, KeyValueName name, uint8_t format, const void* bytes, uint32_t size)
{
	uint8_t names[2 * KEY_VALUE_NAME];
	Fresh fresh = { .name = name, .format = format, .bytes = bytes, .size = size, .names = names };
	if (!joinName(name, names, &fresh.domain, &fresh.key))
		return keyValueLength;
	uint32_t need = freshSize(store, &fresh);
	if (store->isDirty || need > store->start + store->bankSize - store->end)
		return compact(store, &fresh);
	/* Until it's known to be whole the place counts as used. */
	store->isDirty = 1;
	if (writeRecord(store, store->end, name, format, bytes, size))
		return keyValueFlash;
	store->isDirty = 0;
	store->end += need;
	return keyValueOk;
}

KeyValueResult keyValueWrite(KeyValue* store, KeyValueName name, uint8_t format, const void* bytes, uint32_t size)
{
	KeyValueEntry entry;
	if (store->isReadOnly)
		return keyValueReadOnly;
	if (size > KEY_VALUE_SIZE || FORMAT_DELETED == format)
		return keyValueLength;
	KeyValueResult result = keyValueFind(store, name, &entry);
	if (keyValueOk == result && isSame(store, &entry, format, bytes, size))
		return keyValueOk;
	if (keyValueLength == result)
		return result;
	return append(store, name, format, bytes, size);
}

KeyValueResult keyValueDelete(KeyValue* store, KeyValueName name)
{
	KeyValueEntry entry;
	if (store->isReadOnly)
		return keyValueReadOnly;
	KeyValueResult result = keyValueFind(store, name, &entry);
	if (keyValueAbsent == result)
		return keyValueOk;
	if (keyValueLength == result)
		return result;
	return append(store, name, FORMAT_DELETED, NULL, 0);
}

KeyValueResult keyValueNext(KeyValue* store, KeyValueEntry* entry)
{
	if (!store->isMounted)
		return keyValueAbsent;
	uint32_t offset = entry->next ? entry->next : firstRecord(store);
	for (; offset < store->end && recordAt(store, offset, entry); offset = entry->next)
		if (isLive(store, entry))
			return keyValueOk;
	return keyValueAbsent;
}

KeyValueResult keyValueName(KeyValue* store, const KeyValueEntry* entry, char* domain, char* key)
{
	uint32_t offset = entry->offset + RECORD_HEADER;
	if (readFlash(store, offset, domain, entry->domainLength))
		return keyValueFlash;
	if (readFlash(store, offset + entry->domainLength, key, entry->keyLength))
		return keyValueFlash;
	domain[entry->domainLength] = 0;
	key[entry->keyLength] = 0;
	return keyValueOk;
}

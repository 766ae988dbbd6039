/*
 * The store above the log of key-value-log.c: which record counts, where the next one goes, when the bank is full.
 */
#include "key-value-log.h"

#include <string.h>

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
	return logRecordSize(store, fresh->domain, fresh->key, fresh->size);
}

/* Whether a compaction takes it along: it counts, is undamaged, and isn't what `fresh` replaces. */
static int isKept(KeyValue* store, const KeyValueEntry* entry, const Fresh* fresh)
{
	if (!logIsLive(store, entry) || logHasName(store, entry, fresh->names, fresh->domain, fresh->key))
		return 0;
	return logIsWhole(store, entry);
}

/* Whether what counts and `fresh` go into one bank: asked before anything is erased for it. */
static int hasRoom(KeyValue* store, const Fresh* fresh)
{
	KeyValueEntry entry;
	uint32_t size = logBankHeader(store) + freshSize(store, fresh);
	for (uint32_t at = logFirst(store); at < store->end && logRecordAt(store, at, &entry); at = entry.next)
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
	uint32_t end = other + logBankHeader(store);
	KeyValueEntry entry;
	if (!hasRoom(store, fresh))
		return keyValueFull;
	if (logBeginBank(store, other, store->sequence + 1))
		return keyValueFlash;
	for (uint32_t at = logFirst(store); at < store->end && logRecordAt(store, at, &entry); at = entry.next) {
		if (!isKept(store, &entry, fresh))
			continue;
		if (logCopyRecord(store, &entry, end))
			return keyValueFlash;
		end += entry.next - entry.offset;
	}
	if (FORMAT_DELETED != fresh->format) {
		if (logWriteRecord(store, end, fresh->name, fresh->format, fresh->bytes, fresh->size))
			return keyValueFlash;
		end += freshSize(store, fresh);
	}
	if (logCommitBank(store, other))
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
	if (logBeginBank(store, 0, 1) || logCommitBank(store, 0))
		return keyValueFlash;
	store->end = logFirst(store);
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
	int hasFirst = logBank(store, 0, &first), hasSecond = logBank(store, store->bankSize, &second);
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
	uint32_t offset = logFirst(store);
	while (logRecordAt(store, offset, &entry))
		offset = entry.next;
	store->end = offset;
	store->isDirty = !logIsErased(store, offset, store->start + store->bankSize);
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
	if (!store->isMounted || !logLast(store, logFirst(store), names, domain, key, entry))
		return keyValueAbsent;
	/* An older value would be a lie, so a damaged last one isn't passed over. */
	if (!logIsWhole(store, entry))
		return keyValueDamaged;
	return FORMAT_DELETED == entry->format ? keyValueAbsent : keyValueOk;
}

KeyValueResult keyValueRead(KeyValue* store, const KeyValueEntry* entry, void* into)
{
	uint32_t offset = entry->offset + RECORD_HEADER + entry->domainLength + entry->keyLength;
	return logRead(store, offset, into, entry->size) ? keyValueFlash : keyValueOk;
}

static int isSame(KeyValue* store, const KeyValueEntry* entry, uint8_t format, const uint8_t* bytes, uint32_t size)
{
	uint8_t piece[PIECE];
	uint32_t offset = entry->offset + RECORD_HEADER + entry->domainLength + entry->keyLength;
	if (entry->format != format || entry->size != size)
		return 0;
	while (size) {
		uint32_t part = size < PIECE ? size : PIECE;
		if (logRead(store, offset, piece, part) || memcmp(piece, bytes, part))
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
	if (logWriteRecord(store, store->end, name, format, bytes, size))
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
	uint32_t offset = entry->next ? entry->next : logFirst(store);
	for (; offset < store->end && logRecordAt(store, offset, entry); offset = entry->next)
		if (logIsLive(store, entry))
			return keyValueOk;
	return keyValueAbsent;
}

KeyValueResult keyValueName(KeyValue* store, const KeyValueEntry* entry, char* domain, char* key)
{
	uint32_t offset = entry->offset + RECORD_HEADER;
	if (logRead(store, offset, domain, entry->domainLength))
		return keyValueFlash;
	if (logRead(store, offset + entry->domainLength, key, entry->keyLength))
		return keyValueFlash;
	domain[entry->domainLength] = 0;
	key[entry->keyLength] = 0;
	return keyValueOk;
}

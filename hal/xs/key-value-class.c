/*
 * The C half of embedded:storage/key-value: bytes by name in the `kv` partition. Formats are key-value.ts's business.
 */
#include <string.h>

#include "xsmc.h"
#include "mc.xs.h"

#include "flash.h"
#include "key-value.h"
#include "partitions.h"

#define PARTITION "kv"

enum { flagEncrypted = 1 };

static Partition partition;
static KeyValue store;

static int readBelow(void* context, uint32_t offset, void* into, uint32_t size)
{
	(void)context;
	return flashRead(partition.offset + offset, into, size);
}

static int writeBelow(void* context, uint32_t offset, const void* bytes, uint32_t size)
{
	(void)context;
	return flashWrite(partition.offset + offset, bytes, size);
}

static int eraseBelow(void* context, uint32_t offset)
{
	(void)context;
	return flashErase(partition.offset + offset);
}

static void throwResult(xsMachine* the, KeyValueResult result)
{
	switch (result) {
	case keyValueFull:
		xsUnknownError("key-value: full");
	case keyValueLength:
		xsRangeError("key-value: a name or value is empty or too long");
	case keyValueDamaged:
		xsUnknownError("key-value: damaged");
	default:
		xsUnknownError("key-value: the flash failed");
	}
}

static void mounted(xsMachine* the)
{
	if (store.isMounted)
		return;
	if (!partitionFind(PARTITION, &partition))
		xsUnknownError("no partition \"%s\"", PARTITION);
	KeyValueFlash flash = {
		.read = readBelow,
		.write = writeBelow,
		.erase = eraseBelow,
		.blockSize = FLASH_BLOCK,
		.blockCount = partition.size / FLASH_BLOCK,
		.unit = partition.flags & flagEncrypted ? FLASH_UNIT_ENCRYPTED : FLASH_UNIT,
	};
	KeyValueResult result = keyValueMount(&store, &flash, 0);
	if (result)
		throwResult(the, result);
}

static void copyName(xsMachine* the, xsSlot* slot, char name[KEY_VALUE_NAME + 1])
{
	xsType type = xsmcTypeOf(*slot);
	if (xsStringType != type && xsStringXType != type)
		xsTypeError("key-value: a string is needed");
	const char* text = xsmcToString(*slot);
	size_t length = strlen(text);
	if (!length || length > KEY_VALUE_NAME)
		throwResult(the, keyValueLength);
	memcpy(name, text, length + 1);
}

/* (path, key, format): an ArrayBuffer, or undefined. @throws TypeError when it was written in another format */
void xs_keyvalue_read(xsMachine* the)
{
	char domain[KEY_VALUE_NAME + 1], key[KEY_VALUE_NAME + 1];
	KeyValueEntry entry;
	copyName(the, &xsArg(0), domain);
	copyName(the, &xsArg(1), key);
	mounted(the);
	KeyValueResult result = keyValueFind(&store, (KeyValueName){ domain, key }, &entry);
	if (keyValueAbsent == result)
		return;
	if (result)
		throwResult(the, result);
	if (xsmcToInteger(xsArg(2)) != entry.format)
		xsTypeError("key-value: written in another format");
	xsmcSetArrayBuffer(xsResult, NULL, entry.size);
	result = keyValueRead(&store, &entry, xsmcToArrayBuffer(xsResult));
	if (result)
		throwResult(the, result);
}

/* (path, key, format, bytes) */
void xs_keyvalue_write(xsMachine* the)
{
	char domain[KEY_VALUE_NAME + 1], key[KEY_VALUE_NAME + 1];
	void* bytes;
	xsUnsignedValue size;
	copyName(the, &xsArg(0), domain);
	copyName(the, &xsArg(1), key);
	mounted(the);
	uint8_t format = (uint8_t)xsmcToInteger(xsArg(2));
	xsmcGetBufferReadable(xsArg(3), &bytes, &size);
	KeyValueResult result = keyValueWrite(&store, (KeyValueName){ domain, key }, format, bytes, size);
	if (result)
		throwResult(the, result);
}

/* (path, key) */
void xs_keyvalue_delete(xsMachine* the)
{
	char domain[KEY_VALUE_NAME + 1], key[KEY_VALUE_NAME + 1];
	copyName(the, &xsArg(0), domain);
	copyName(the, &xsArg(1), key);
	mounted(the);
	KeyValueResult result = keyValueDelete(&store, (KeyValueName){ domain, key });
	if (result)
		throwResult(the, result);
}

/* (path): an array of the domain's keys */
void xs_keyvalue_keys(xsMachine* the)
{
	char wanted[KEY_VALUE_NAME + 1], domain[KEY_VALUE_NAME + 1], key[KEY_VALUE_NAME + 1];
	KeyValueEntry entry = { 0 };
	xsIndex count = 0;
	xsmcVars(1);
	copyName(the, &xsArg(0), wanted);
	mounted(the);
	xsmcSetNewArray(xsResult, 0);
	while (!keyValueNext(&store, &entry)) {
		if (keyValueName(&store, &entry, domain, key))
			throwResult(the, keyValueFlash);
		if (strcmp(domain, wanted))
			continue;
		xsmcSetString(xsVar(0), key);
		xsmcSetIndex(xsResult, count++, xsVar(0));
	}
}

/* (path): opening says at once what's wrong with the path, or with the partition. */
void xs_keyvalue_mount(xsMachine* the)
{
	char domain[KEY_VALUE_NAME + 1];
	copyName(the, &xsArg(0), domain);
	mounted(the);
}

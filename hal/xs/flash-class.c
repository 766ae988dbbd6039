/*
 * embedded:storage/flash: a partition as an object. The same for every platform with a flash.h.
 */
#include <string.h>

#include "xsmc.h"
#include "mc.xs.h"

#include "flash.h"
#include "partitions.h"

/* Flags of ESP-IDF's partition table. */
enum { flagEncrypted = 1, flagReadOnly = 2 };

typedef struct {
	Partition partition;
	uint8_t isReadOnly;
	uint8_t isClosed;
} Flash;

void xs_flash_destructor(void* data)
{
	(void)data;
}

static Flash* opened(xsMachine* the)
{
	Flash* flash = xsmcGetHostChunkValidate(xsThis, xs_flash_destructor);
	if (!flash || flash->isClosed)
		xsUnknownError("closed");
	return flash;
}

static const char* textOf(xsMachine* the, xsSlot* slot)
{
	xsType type = xsmcTypeOf(*slot);
	if (xsStringType != type && xsStringXType != type)
		xsTypeError("a string is needed");
	return xsmcToString(*slot);
}

/* (options, prototype): the new object. */
void xs_flash_open(xsMachine* the)
{
	Flash flash = { 0 };
	xsmcVars(1);
	if (xsReferenceType != xsmcTypeOf(xsArg(0)))
		xsTypeError("options: an object is needed");
	xsmcGet(xsVar(0), xsArg(0), xsID_mode);
	if (xsUndefinedType != xsmcTypeOf(xsVar(0))) {
		const char* mode = textOf(the, &xsVar(0));
		flash.isReadOnly = !strcmp(mode, "r");
		if (!flash.isReadOnly && strcmp(mode, "r+"))
			xsRangeError("mode: \"r\" or \"r+\"");
	}
	xsmcGet(xsVar(0), xsArg(0), xsID_format);
	if (xsUndefinedType != xsmcTypeOf(xsVar(0)) && strcmp(textOf(the, &xsVar(0)), "buffer"))
		xsRangeError("format: \"buffer\"");
	xsmcGet(xsVar(0), xsArg(0), xsID_path);
	if (!partitionFind(textOf(the, &xsVar(0)), &flash.partition))
		xsUnknownError("no such partition");
	flash.isReadOnly |= (flash.partition.flags & flagReadOnly) != 0;
	xsResult = xsNewHostInstance(xsArg(1));
	xsmcSetHostChunk(xsResult, &flash, sizeof flash);
}

void xs_flash_close(xsMachine* the)
{
	Flash* flash = xsmcGetHostChunkValidate(xsThis, xs_flash_destructor);
	if (flash)
		flash->isClosed = 1;
}

static uint32_t count(xsMachine* the, xsSlot* slot)
{
	xsType type = xsmcTypeOf(*slot);
	if (xsIntegerType != type && xsNumberType != type)
		xsTypeError("a number is needed");
	double value = xsmcToNumber(*slot);
	if (!(value >= 0 && value <= 0x7fffffff) || value != (double)(uint32_t)value)
		xsRangeError("a number is out of range");
	return (uint32_t)value;
}

/* @throws RangeError unless `size` bytes at `offset` lie in the partition */
static uint32_t place(xsMachine* the, const Partition* partition, uint32_t offset, uint32_t size)
{
	if (offset > partition->size || size > partition->size - offset)
		xsRangeError("past the partition's end");
	return partition->offset + offset;
}

static uint32_t unitOf(const Partition* partition)
{
	return partition->flags & flagEncrypted ? FLASH_UNIT_ENCRYPTED : FLASH_UNIT;
}

static Partition writable(xsMachine* the)
{
	Flash* flash = opened(the);
	if (flash->isReadOnly)
		xsUnknownError("read only");
	/* A copy: the chunk moves. */
	return flash->partition;
}

void xs_flash_eraseBlock(xsMachine* the)
{
	Partition partition = writable(the);
	uint32_t start = count(the, &xsArg(0));
	uint32_t end = xsmcArgc > 1 && xsUndefinedType != xsmcTypeOf(xsArg(1)) ? count(the, &xsArg(1)) : start + 1;
	if (start > end || end > partition.size / FLASH_BLOCK)
		xsRangeError("past the partition's end");
	for (; start < end; start++)
		if (flashErase(partition.offset + start * FLASH_BLOCK))
			xsUnknownError("erasing failed");
}

void xs_flash_read(xsMachine* the)
{
	Partition partition = opened(the)->partition;
	uint32_t offset = count(the, &xsArg(1));
	void* into;
	xsUnsignedValue size;
	xsType type = xsmcTypeOf(xsArg(0));
	if (xsIntegerType == type || xsNumberType == type) {
		size = count(the, &xsArg(0));
		place(the, &partition, offset, size);
		xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)size);
		into = xsmcToArrayBuffer(xsResult);
	} else {
		xsmcGetBufferWritable(xsArg(0), &into, &size);
		if (offset < partition.size && size > partition.size - offset)
			size = partition.size - offset;
		xsmcSetInteger(xsResult, (xsIntegerValue)size);
	}
	if (flashRead(place(the, &partition, offset, size), into, size))
		xsUnknownError("reading failed");
}

void xs_flash_write(xsMachine* the)
{
	Partition partition = writable(the);
	uint32_t offset = count(the, &xsArg(1)), unit = unitOf(&partition);
	void* bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	if (offset % unit || size % unit)
		xsRangeError("offset and length are multiples of %d", (int)unit);
	if (flashWrite(place(the, &partition, offset, size), bytes, size))
		xsUnknownError("writing failed");
}

static void setCount(xsMachine* the, xsIdentifier id, uint32_t value)
{
	xsmcSetInteger(xsVar(0), (xsIntegerValue)value);
	xsmcSet(xsResult, id, xsVar(0));
}

void xs_flash_status(xsMachine* the)
{
	Partition partition = opened(the)->partition;
	xsmcVars(1);
	xsmcSetNewObject(xsResult);
	setCount(the, xsID_size, partition.size);
	setCount(the, xsID_blockLength, FLASH_BLOCK);
	setCount(the, xsID_blocks, partition.size / FLASH_BLOCK);
	setCount(the, xsID_writeAlign, unitOf(&partition));
	setCount(the, xsID_eraseValue, 0xff);
}

/* (index): the partition's name, undefined past the last one. */
void xs_flash_name(xsMachine* the)
{
	Partition partition;
	if (partitionAt((int)count(the, &xsArg(0)), &partition))
		xsmcSetString(xsResult, partition.name);
}

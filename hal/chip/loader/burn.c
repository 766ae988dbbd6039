/* See burn.h. What is half written is never taken for an image: its header, a page of its own, is written last. */
#include "burn.h"
#include "../../xs/digest.h"
#include "../../xs/flash.h"
#include "../board.h"
#include "frames.h"
#include "say.h"
#include "slots.h"
#include "version.h"

#include <string.h>

enum { silence = 30000000 /* µs after which a host is gone */, piece = 256, blocksMost = 512 };

enum { commandIdentify = 1, commandTable, commandBegin, commandWrite, commandEnd, commandBoot };

enum {
	statusOk,
	statusMalformed,
	statusVersion,
	statusUnsupported,
	statusNoTable,
	statusBadTable,
	statusOtherTable,
	statusNoSlot,
	statusBadImage,
	statusWrongBoard,
	statusTooLarge,
	statusNotBegun,
	statusOutOfOrder,
	statusIncomplete,
	statusWrongDigest,
	statusFlash
};

static struct {
	int isBegun;
	uint8_t slot;
	Partition partition;
	uint8_t header[imageHeaderSize];
	ImageHeader image;
	uint32_t total, blocks;
	uint8_t isRight[blocksMost / 8];
} burn;

/* ---- Bytes of frames: the most significant first ---- */

static uint32_t u32(const uint8_t* p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint8_t* put32(uint8_t* p, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*p++ = (uint8_t)(value >> shift);
	return p;
}

static uint8_t* putText(uint8_t* p, const char* text)
{
	uint32_t size = (uint32_t)strlen(text);
	*p++ = (uint8_t)size;
	memcpy(p, text, size);
	return p + size;
}

/* ---- Blocks ---- */

static uint32_t blockSize(uint32_t block)
{
	uint32_t rest = burn.total - block * FLASH_BLOCK;
	return rest < FLASH_BLOCK ? rest : FLASH_BLOCK;
}

/* Of a block of the slot as it lies while it is burned: the header isn't there yet. */
static int blockCrc(uint32_t block, uint32_t* crc)
{
	uint8_t bytes[piece];
	uint32_t size = blockSize(block);
	*crc = 0;
	for (uint32_t at = 0, part; at < size; at += part) {
		part = size - at < piece ? size - at : piece;
		if (flashRead(burn.partition.offset + block * FLASH_BLOCK + at, bytes, part))
			return -1;
		if (!block && !at)
			memset(bytes, 0xff, part);
		*crc = crc32More(*crc, bytes, part);
	}
	return 0;
}

static int isRight(uint32_t block)
{
	return burn.isRight[block / 8] >> block % 8 & 1;
}

static void setRight(uint32_t block)
{
	burn.isRight[block / 8] |= (uint8_t)(1 << block % 8);
}

/* The offset that is to be written next; the image's size when all is there. */
static uint32_t wanted(void)
{
	for (uint32_t block = 0; block < burn.blocks; block++)
		if (!isRight(block))
			return block * FLASH_BLOCK;
	return burn.total;
}

/* The header's page: 1 blank, 2 this image's, 0 anything else. */
static int headerState(void)
{
	uint8_t page[imageHeaderSize];
	int isBlank = 1;
	if (flashRead(burn.partition.offset, page, sizeof(page)))
		return 0;
	for (uint32_t at = 0; at < sizeof(page); at++)
		isBlank &= page[at] == 0xff;
	return isBlank ? 1 : memcmp(page, burn.header, sizeof(page)) ? 0 : 2;
}

/* ---- Commands: each answers its payload's size ---- */

/* What all but identify answer: status, slot, the wanted offset, words. */
static uint32_t reply(uint8_t status, const char* words)
{
	uint8_t* p = answerPayload();
	uint32_t size = words ? (uint32_t)strlen(words) : 0;
	p[0] = status;
	p[1] = burn.isBegun ? burn.slot : bootNoSlot;
	put32(p + 2, burn.isBegun ? wanted() : 0);
	if (size)
		memcpy(p + 6, words, size);
	return 6 + size;
}

static uint8_t* putSlot(uint8_t* p, uint8_t slot, const Partition* partition)
{
	uint8_t bytes[imageHeaderSize];
	ImageHeader image;
	int isBlank = 1;
	const char* wrong = "the flash can't be read";
	if (!flashRead(partition->offset, bytes, sizeof(bytes)))
		wrong = imageHeaderRead(&image, bytes, slotRoom(partition), NULL);
	for (uint32_t at = 0; at < sizeof(bytes); at++)
		isBlank &= bytes[at] == 0xff;
	*p++ = slot;
	p = put32(p, slotRoom(partition));
	*p++ = !wrong ? 1 : isBlank ? 0 : 2;
	return putText(p, wrong ? "" : image.version);
}

static uint32_t identify(void)
{
	BoardRow present;
	const char* tableWrong = tableRead(&present);
	uint8_t *p = answerPayload(), *count;
	BootRecord record = {.slot = bootNoSlot};
	Partition partition;
	*p++ = statusOk;
	*p++ = frameVersion;
	p = put32(p, board.flashSize);
	*p++ = !tableWrong;
	if (!tableWrong && !bootRecordRead(&record))
		record.slot = bootNoSlot;
	*p++ = record.slot;
	p = putText(p, LOADER_VERSION);
	p = putText(p, board.name);
	*p++ = 6;
	for (uint32_t at = 0; at < 6; at++)
		*p++ = (uint8_t)(otpRead(otpMac + at / 4) >> 8 * (at % 4));
	count = p++;
	*count = 0;
	for (uint8_t slot = 0; !tableWrong && slot < bootSlotsMost; slot++)
		if (bootSlot(slot, &partition)) {
			p = putSlot(p, slot, &partition);
			++*count;
		}
	return (uint32_t)(p - answerPayload());
}

static uint32_t writeTable(const Frame* frame)
{
	static const uint8_t statuses[] = {statusOk, statusBadTable, statusOtherTable, statusFlash};
	const char* wrong;
	TableResult result = tableWrite(frame->payload, frame->size, &wrong);
	tableRead(&board);
	if (result == tableWritten)
		say("the flash has a partition table now");
	return reply(statuses[result], result == tableWritten ? NULL : wrong);
}

/* slot, flags, header, then the CRC-32 of each block as blockCrc takes it. */
static uint32_t begin(const Frame* frame)
{
	enum { atHeader = 2, atSums = atHeader + imageHeaderSize, flagAnew = 1 };
	const uint8_t* p = frame->payload;
	BoardRow present;
	burn.isBegun = 0;
	const char* wrong = tableRead(&present);
	if (wrong)
		return reply(statusNoTable, wrong);
	if (frame->size < atSums)
		return reply(statusMalformed, "begin is too short");
	wrong = imageHeaderRead(&burn.image, p + atHeader, UINT32_MAX, NULL);
	if (wrong)
		return reply(statusBadImage, wrong);
	if (board.name[0] && strcmp(board.name, burn.image.board))
		return reply(statusWrongBoard, board.name);
	burn.slot = p[0] == bootNoSlot ? bootBurnSlot(bootWould(&slotsHost)) : p[0];
	if (!bootSlot(burn.slot, &burn.partition))
		return reply(statusNoSlot, NULL);
	burn.total = burn.image.size + burn.image.signatureSize;
	burn.blocks = (burn.total + FLASH_BLOCK - 1) / FLASH_BLOCK;
	if (burn.total > slotRoom(&burn.partition) || burn.blocks > blocksMost)
		return reply(statusTooLarge, NULL);
	if (frame->size != atSums + 4 * burn.blocks)
		return reply(statusMalformed, "begin has too few or too many sums");
	memcpy(burn.header, p + atHeader, imageHeaderSize);
	memset(burn.isRight, 0, sizeof(burn.isRight));
	for (uint32_t block = 0; !(p[1] & flagAnew) && block < burn.blocks; block++) {
		uint32_t crc;
		if (blockCrc(block, &crc))
			return reply(statusFlash, NULL);
		if (crc == u32(p + atSums + 4 * block))
			setRight(block);
	}
	burn.isBegun = 1;
	/* Another image's header must go before a single byte of that image does; with it goes the first block. */
	int header = headerState();
	if (!header || (header == 2 && wanted() < burn.total))
		burn.isRight[0] &= (uint8_t)~1;
	say("ota_%u: burning %s %s, %u bytes, from %u on", burn.slot, burn.image.board, burn.image.version, (unsigned)burn.total,
		(unsigned)wanted());
	return reply(statusOk, NULL);
}

/* Programs what isn't 0xff, page by page, and never the header. */
static int writeBlock(uint32_t offset, const uint8_t* bytes, uint32_t size)
{
	uint8_t page[piece];
	if (flashErase(burn.partition.offset + offset))
		return -1;
	for (uint32_t at = offset ? 0 : imageHeaderSize, part; at < size; at += part) {
		part = size - at < piece ? size - at : piece;
		/* A write's length is a multiple of its unit. */
		memset(page, 0xff, sizeof(page));
		memcpy(page, bytes + at, part);
		int isBlank = 1;
		for (uint32_t index = 0; index < part; index++)
			isBlank &= page[index] == 0xff;
		if (!isBlank && flashWrite(burn.partition.offset + offset + at, page, (part + FLASH_UNIT - 1) & ~(FLASH_UNIT - 1u)))
			return -1;
	}
	return 0;
}

static uint32_t write(const Frame* frame)
{
	enum { atData = 4 };
	if (!burn.isBegun)
		return reply(statusNotBegun, NULL);
	if (frame->size < atData)
		return reply(statusMalformed, "write is too short");
	uint32_t offset = u32(frame->payload), block = offset / FLASH_BLOCK, crc, sent;
	const uint8_t* bytes = frame->payload + atData;
	/* Written already: the answer to it was lost. */
	if (offset % FLASH_BLOCK == 0 && block < burn.blocks && isRight(block))
		return reply(statusOk, NULL);
	if (offset != wanted() || offset == burn.total)
		return reply(statusOutOfOrder, NULL);
	if (frame->size - atData != blockSize(block))
		return reply(statusMalformed, "write has not a block's size");
	uint32_t skipped = block ? 0 : blockSize(0) < imageHeaderSize ? blockSize(0) : imageHeaderSize;
	uint8_t blank[imageHeaderSize];
	memset(blank, 0xff, sizeof(blank));
	sent = crc32More(crc32(blank, skipped), bytes + skipped, blockSize(block) - skipped);
	if (writeBlock(offset, bytes, blockSize(block)) || blockCrc(block, &crc) || crc != sent)
		return reply(statusFlash, "what was written reads differently");
	setRight(block);
	return reply(statusOk, NULL);
}

static int readSlot(void* context, uint32_t offset, void* into, uint32_t size)
{
	(void)context;
	return flashRead(burn.partition.offset + offset, into, size);
}

static uint32_t end(void)
{
	if (!burn.isBegun)
		return reply(statusNotBegun, NULL);
	if (wanted() < burn.total)
		return reply(statusIncomplete, NULL);
	const char* wrong = imageHeaderDigest(&burn.image, readSlot, NULL);
	if (wrong) {
		memset(burn.isRight, 0, sizeof(burn.isRight));
		return reply(statusWrongDigest, wrong);
	}
	if (headerState() == 1 && flashWrite(burn.partition.offset, burn.header, imageHeaderSize))
		return reply(statusFlash, NULL);
	/* The slot is an image from here on; it starts from the record on. */
	if (headerState() != 2 || bootTake(burn.slot))
		return reply(statusFlash, NULL);
	say("ota_%u: %s %s is burned and verified", burn.slot, burn.image.board, burn.image.version);
	return reply(statusOk, NULL);
}

static uint32_t perform(const Frame* frame)
{
	if (frame->version != frameVersion)
		return reply(statusVersion, "1");
	switch (frame->type) {
	case commandIdentify:
		return identify();
	case commandTable:
		return writeTable(frame);
	case commandBegin:
		return begin(frame);
	case commandWrite:
		return write(frame);
	case commandEnd:
		return end();
	case commandBoot:
		return reply(statusOk, NULL);
	default:
		return reply(statusUnsupported, NULL);
	}
}

BurnResult burnServe(uint64_t until)
{
	Frame frame;
	burn.isBegun = 0;
	for (;;) {
		FrameResult result = frameReceive(&frame, until);
		if (result != frameHere)
			return result == frameNone ? burnOver : burnForeign;
		/* An answer that somebody else on this line gave. */
		if (frame.type & answerBit)
			continue;
		uint32_t size = perform(&frame);
		answerSend(&frame, size);
		if (frame.type == commandBoot && frame.version == frameVersion)
			return burnBoot;
		if (until != UINT64_MAX)
			until = clockMicroseconds() + silence;
	}
}

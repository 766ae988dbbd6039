/* The SPI NOR flash (ISSI IS25WP256: 4 KB erased at once, pages of 256 bytes, 4-byte addresses; FU540 manual, chapter 19). */
#include "../../xs/flash.h"
#include "../board.h"
#include "../power.h"
#include "registers.h"

enum { chipSelectDefault = 0x14, chipSelectMode = 0x18, chipSelect = 0x10, transmit = 0x48, receive = 0x4C };
enum { modeOff = 0, modeHold = 2, fullBit = 31, emptyBit = 31 };
enum { writeEnable = 0x06, readStatus = 0x05, readData = 0x13, programPage = 0x12, eraseBlock = 0x21, busy = 1 };
enum { page = 256, capacity = 32 << 20 };

static uint8_t exchange(uint8_t byte)
{
	uint32_t value;
	while (REGISTER(spiBase + transmit) >> fullBit)
		;
	REGISTER(spiBase + transmit) = byte;
	do
		value = REGISTER(spiBase + receive);
	while (value >> emptyBit);
	return (uint8_t)value;
}

static void selectChip(int on)
{
	static uint8_t isReady;
	if (!isReady) {
		isReady = 1;
		REGISTER(spiBase + chipSelect) = 0;
		REGISTER(spiBase + chipSelectDefault) = 1;
		REGISTER(spiBase + chipSelectMode) = modeOff;
	}
	REGISTER(spiBase + chipSelectMode) = on ? modeHold : modeOff;
}

static void begin(uint8_t command, uint32_t address)
{
	selectChip(1);
	exchange(command);
	for (int shift = 24; shift >= 0; shift -= 8)
		exchange((uint8_t)(address >> shift));
}

/* Before a change. */
static void enable(void)
{
	selectChip(1);
	exchange(writeEnable);
	selectChip(0);
}

/* After one. */
static void finish(void)
{
	selectChip(0);
	selectChip(1);
	exchange(readStatus);
	while (exchange(0) & busy)
		;
	selectChip(0);
}

static int isOutside(uint32_t offset, uint32_t size)
{
	return offset > capacity || size > capacity - offset;
}

int flashRead(uint32_t offset, void* into, uint32_t size)
{
	uint8_t* to = into;
	if (isOutside(offset, size))
		return -1;
	begin(readData, offset);
	while (size--)
		*to++ = exchange(0);
	selectChip(0);
	return 0;
}

static void program(uint32_t offset, const uint8_t* bytes, uint32_t size)
{
	enable();
	begin(programPage, offset);
	while (size--)
		exchange(*bytes++);
	finish();
}

static void programOrCut(uint32_t offset, const uint8_t* bytes, uint32_t size)
{
	PowerStep step = powerNext();
	if (step == powerBefore)
		powerCut();
	if (step == powerTorn)
		size /= 2;
	if (size)
		program(offset, bytes, size);
	if (step != powerStays)
		powerCut();
}

int flashWrite(uint32_t offset, const void* bytes, uint32_t size)
{
	const uint8_t* from = bytes;
	if (isOutside(offset, size))
		return -1;
	while (size) {
		uint32_t part = page - offset % page;
		if (part > size)
			part = size;
		programOrCut(offset, from, part);
		offset += part;
		from += part;
		size -= part;
	}
	return 0;
}

/* What a block is that lost its power while it was erased: half of it done, and a byte in between that is neither. */
static void tear(uint32_t offset)
{
	enum { half = FLASH_BLOCK / 2, tornBits = 0x55 };
	uint8_t kept[half];
	flashRead(offset + half, kept, half);
	kept[0] |= tornBits;
	enable();
	begin(eraseBlock, offset);
	finish();
	for (uint32_t at = 0; at < half; at += page)
		program(offset + half + at, kept + at, page);
}

int flashErase(uint32_t offset)
{
	if (isOutside(offset, FLASH_BLOCK) || offset % FLASH_BLOCK)
		return -1;
	PowerStep step = powerNext();
	if (step == powerBefore)
		powerCut();
	if (step == powerTorn)
		tear(offset);
	else {
		enable();
		begin(eraseBlock, offset);
		finish();
	}
	if (step != powerStays)
		powerCut();
	return 0;
}

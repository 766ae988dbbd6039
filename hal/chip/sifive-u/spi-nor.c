/* The SPI NOR flash (ISSI IS25WP256: 4 KB erased at once, pages of 256 bytes, 4-byte addresses; FU540 manual, chapter 19). */
#include "../nor.h"
#include "registers.h"

enum { chipSelectDefault = 0x14, chipSelectMode = 0x18, chipSelect = 0x10, transmit = 0x48, receive = 0x4C };
enum { modeOff = 0, modeHold = 2, fullBit = 31, emptyBit = 31 };
enum { writeEnable = 0x06, readStatus = 0x05, readData = 0x13, programPage = 0x12, eraseBlock = 0x21, busy = 1 };
enum { capacity = 32 << 20 };

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

uint32_t norSize(void)
{
	return capacity;
}

int norRead(uint32_t offset, void* into, uint32_t size)
{
	uint8_t* to = into;
	begin(readData, offset);
	while (size--)
		*to++ = exchange(0);
	selectChip(0);
	return 0;
}

int norProgram(uint32_t offset, const void* bytes, uint32_t size)
{
	const uint8_t* from = bytes;
	enable();
	begin(programPage, offset);
	while (size--)
		exchange(*from++);
	finish();
	return 0;
}

int norErase(uint32_t offset)
{
	enable();
	begin(eraseBlock, offset);
	finish();
	return 0;
}

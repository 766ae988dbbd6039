/* The Ethernet controller (SMSC LAN9118 data sheet, chapters 3 and 5). Frames go through its FIFOs, a word at a time. */
#include <string.h>

#include "../board.h"
#include "registers.h"

enum {
	receiveData = 0x00,
	transmitData = 0x20,
	receiveStatus = 0x40,
	receiveStatusPeek = 0x44,
	transmitStatus = 0x48,
	interruptConfig = 0x54,
	interruptStatus = 0x58,
	interruptEnable = 0x5C,
	fifoInterrupt = 0x68,
	receiveConfig = 0x6C,
	transmitConfig = 0x70,
	hardwareConfig = 0x74,
	receiveFifo = 0x7C,
	transmitFifo = 0x80,
	macCommand = 0xA4,
	macData = 0xA8
};

/* Registers behind macCommand. */
enum { macControl = 1, macAddressHigh = 2, macAddressLow = 3, macPhyAccess = 6, macPhyData = 7 };
enum { macBusy = 1u << 31, macRead = 1 << 30 };
enum { receiveOn = 1 << 2, transmitOn = 1 << 3, allGroups = 1 << 19, fullDuplex = 1 << 20 };

enum { softReset = 1, mustBeOne = 1 << 20, transmitFifo5K = 5 << 16 };
enum { pushPull = 1, activeHigh = 1 << 4, interruptsOn = 1 << 8, receiveStatusLevel = 1 << 3 };
enum { firstPiece = 1 << 13, lastPiece = 1 << 12, checksum = 4, failed = 1 << 15 };
enum { shortest = 60, longest = 1518 };

static int isThere;

static volatile uint32_t* at(uint32_t offset)
{
	return &REGISTER(ethernetBase + offset);
}

static void macDone(void)
{
	while (*at(macCommand) & macBusy)
		;
}

static void macWrite(uint32_t index, uint32_t value)
{
	*at(macData) = value;
	*at(macCommand) = macBusy | index;
	macDone();
}

static uint32_t macGet(uint32_t index)
{
	*at(macCommand) = macBusy | macRead | index;
	macDone();
	return *at(macData);
}

int ethernetStart(const uint8_t mac[6])
{
	*at(hardwareConfig) = softReset;
	while (*at(hardwareConfig) & softReset)
		;
	*at(hardwareConfig) = mustBeOne | transmitFifo5K;
	*at(receiveConfig) = 0;
	*at(transmitConfig) = 1 << 1; /* on */
	*at(fifoInterrupt) = 0;       /* with the first frame */
	*at(interruptStatus) = 0xffffffff;
	*at(interruptEnable) = receiveStatusLevel;
	*at(interruptConfig) = interruptsOn | activeHigh | pushPull;
	macWrite(macAddressLow, (uint32_t)mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 | (uint32_t)mac[3] << 24);
	macWrite(macAddressHigh, (uint32_t)mac[4] | (uint32_t)mac[5] << 8);
	macWrite(macControl, fullDuplex | allGroups | transmitOn | receiveOn);
	isThere = 1;
	return 0;
}

int ethernetLink(void)
{
	enum { phy = 1 << 11, basicStatus = 1 << 6, linkUp = 4 };
	if (!isThere)
		return 0;
	/* A link that was lost in between reads as down once. */
	macWrite(macPhyAccess, phy | basicStatus);
	macWrite(macPhyAccess, phy | basicStatus);
	return (macGet(macPhyData) & linkUp) != 0;
}

/* Called by clock.c after a sleep. Before it's set up its line is the other way round: touched, it would ask for ever. */
void ethernetAcknowledge(void)
{
	if (isThere)
		*at(interruptStatus) = receiveStatusLevel;
}

int ethernetSend(const void* frame, size_t size)
{
	const uint8_t* from = frame;
	int lost = 0;
	size_t sent = size < shortest ? shortest : size;
	if (size > longest || (*at(transmitFifo) & 0xffff) < sent + 8)
		return -1;
	*at(transmitData) = firstPiece | lastPiece | (uint32_t)sent;
	*at(transmitData) = (uint32_t)sent;
	for (size_t i = 0; i < sent; i += 4) {
		uint32_t word = 0;
		if (i < size)
			memcpy(&word, from + i, size - i < 4 ? size - i : 4);
		*at(transmitData) = word;
	}
	/* What became of it and of earlier ones. */
	while (*at(transmitFifo) >> 16 & 0xff)
		lost = (*at(transmitStatus) & failed) != 0;
	return lost ? -1 : (int)sent;
}

int ethernetWaiting(void)
{
	if (!isThere || !(*at(receiveFifo) >> 16 & 0xff))
		return 0;
	int size = (int)(*at(receiveStatusPeek) >> 16 & 0x3fff);
	return size > checksum ? size - checksum : 0;
}

int ethernetReceive(void* into, size_t most)
{
	uint8_t* to = into;
	size_t size = (size_t)ethernetWaiting();
	if (!size)
		return 0;
	uint32_t status = *at(receiveStatus);
	int isWanted = size <= most && !(status & failed);
	for (size_t i = 0; i < size + checksum; i += 4) {
		uint32_t word = *at(receiveData);
		if (isWanted && i < size)
			memcpy(to + i, &word, size - i < 4 ? size - i : 4);
	}
	return isWanted ? (int)size : 0;
}

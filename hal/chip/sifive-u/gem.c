/*
 * The Ethernet controller, a Cadence GEM (Zynq-7000 manual UG585, chapter 16 and appendix B.18). Frames go by rings of buffers
 * that the controller and we hand to and fro. A receive buffer holds the longest frame: with shorter ones QEMU's model loses a
 * frame whose beginning finds a buffer and its end doesn't; where not even that is free, the frame waits outside.
 */
#include <string.h>

#include "../board.h"
#include "registers.h"

enum {
	networkControl = 0x00,
	networkConfig = 0x04,
	dmaConfig = 0x10,
	transmitStatus = 0x14,
	receiveQueue = 0x18,
	transmitQueue = 0x1C,
	receiveStatus = 0x20,
	interruptStatus = 0x24,
	interruptEnable = 0x28,
	phyMaintenance = 0x34,
	hashBottom = 0x80,
	hashTop = 0x84,
	addressBottom = 0x88,
	addressTop = 0x8C,

	receiveOn = 1 << 2,
	transmitOn = 1 << 3,
	managementOn = 1 << 4,
	transmitStart = 1 << 9,

	speed100 = 1 << 0,
	fullDuplex = 1 << 1,
	multicastHash = 1 << 6,
	frames1536 = 1 << 8,
	stripChecksum = 1 << 17,

	burst16 = 0x10,
	packetMemory = 0x700,

	receiveComplete = 1 << 1
};

enum { shortest = 60, longest = 1518, buffers = 4, bufferSize = 1536 };

/* Of a receive descriptor: in the address's low bits, in the status. */
enum { ours = 1, wrap = 2, sizeMask = 0x1fff, startOfFrame = 1 << 14, endOfFrame = 1 << 15 };
/* Of a transmit descriptor. */
enum { lastBuffer = 1 << 15, transmitWrap = 1 << 30, done = 1u << 31 };

typedef struct {
	uint32_t address, status;
} Descriptor;

static volatile Descriptor receiveRing[buffers] __attribute__((aligned(8))), transmitRing[1] __attribute__((aligned(8)));
static uint8_t received[buffers][bufferSize] __attribute__((aligned(8))), sending[longest] __attribute__((aligned(8)));
static int next; /* the buffer that is looked at next */
static uint8_t gaveBack;
static int phy = -1;

static volatile uint32_t* at(uint32_t offset)
{
	return &REGISTER(ethernetBase + offset);
}

static void fence(void)
{
	__asm__ volatile("fence" ::: "memory");
}

static int phyRead(int address, int index)
{
	*at(phyMaintenance) = 0x60020000u | (uint32_t)address << 23 | (uint32_t)index << 18;
	return (int)(*at(phyMaintenance) & 0xffff);
}

/* Whoever answers with an identifier. */
static void findPhy(void)
{
	for (int address = 0; address < 32 && phy < 0; address++) {
		int identifier = phyRead(address, 2);
		if (identifier && identifier != 0xffff)
			phy = address;
	}
}

int ethernetLink(void)
{
	enum { basicStatus = 1, linkUp = 4 };
	if (phy < 0)
		return 0;
	/* A link that was lost in between reads as down once. */
	phyRead(phy, basicStatus);
	return (phyRead(phy, basicStatus) & linkUp) != 0;
}

int ethernetStart(const uint8_t mac[6])
{
	*at(networkControl) = 0;
	for (int i = 0; i < buffers; i++) {
		receiveRing[i].status = 0;
		receiveRing[i].address = (uint32_t)(uintptr_t)received[i] | (i == buffers - 1 ? wrap : 0);
	}
	next = 0;
	transmitRing[0].address = (uint32_t)(uintptr_t)sending;
	transmitRing[0].status = done | transmitWrap;
	/* All groups: the stack knows its own. */
	*at(hashBottom) = *at(hashTop) = 0xffffffff;
	*at(networkConfig) = speed100 | fullDuplex | multicastHash | frames1536 | stripChecksum;
	*at(dmaConfig) = (uint32_t)(bufferSize / 64) << 16 | packetMemory | burst16;
	*at(receiveQueue) = (uint32_t)(uintptr_t)receiveRing;
	*at(transmitQueue) = (uint32_t)(uintptr_t)transmitRing;
	*at(addressBottom) = (uint32_t)mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 | (uint32_t)mac[3] << 24;
	*at(addressTop) = (uint32_t)mac[4] | (uint32_t)mac[5] << 8;
	*at(interruptEnable) = receiveComplete;
	fence();
	*at(networkControl) = receiveOn | transmitOn | managementOn;
	findPhy();
	return 0;
}

/* Called by clock.c after a sleep. */
void ethernetAcknowledge(void)
{
	*at(interruptStatus) = 0xffffffff;
}

int ethernetSend(const void* frame, size_t size)
{
	if (size > longest || !(transmitRing[0].status & done))
		return -1;
	memcpy(sending, frame, size);
	if (size < shortest) {
		memset(sending + size, 0, shortest - size);
		size = shortest;
	}
	transmitRing[0].status = (uint32_t)size | lastBuffer | transmitWrap;
	/* Begin at the ring's first descriptor, whatever ended before it. */
	*at(transmitStatus) = 0xffffffff;
	*at(transmitQueue) = (uint32_t)(uintptr_t)transmitRing;
	fence();
	*at(networkControl) = receiveOn | transmitOn | managementOn | transmitStart;
	return (int)size;
}

static void giveBack(void)
{
	receiveRing[next].status = 0;
	fence();
	receiveRing[next].address &= ~(uint32_t)ours;
	next = (next + 1) % buffers;
	gaveBack = 1;
}

/* How many of the ring's next buffers are a frame's; 0 while its end is missing; what is no whole frame is given back. */
static int buffersOfFrame(void)
{
	for (int i = 0; i < buffers; i++) {
		volatile Descriptor* descriptor = &receiveRing[(next + i) % buffers];
		if (!(descriptor->address & ours))
			return 0;
		int begins = (descriptor->status & startOfFrame) != 0;
		if (begins != !i) {
			/* The rest of one that didn't fit, or its beginning. */
			do
				giveBack();
			while (--i > 0);
			i = -1;
			continue;
		}
		if (descriptor->status & endOfFrame)
			return i + 1;
	}
	for (int i = 0; i < buffers; i++)
		giveBack();
	return 0;
}

int ethernetWaiting(void)
{
	int count = buffersOfFrame();
	fence();
	if (count)
		return (int)(receiveRing[(next + count - 1) % buffers].status & sizeMask);
	/* A controller that found no buffer looks at the ring again when it's told to. */
	if (gaveBack)
		*at(networkControl) = receiveOn | transmitOn | managementOn;
	gaveBack = 0;
	return 0;
}

int ethernetReceive(void* into, size_t most)
{
	int size = ethernetWaiting(), isLast = !size;
	size_t copied = 0;
	while (!isLast) {
		size_t piece = (size_t)size - copied < bufferSize ? (size_t)size - copied : bufferSize;
		if ((size_t)size <= most)
			memcpy((uint8_t*)into + copied, received[next], piece);
		copied += piece;
		isLast = (receiveRing[next].status & endOfFrame) != 0;
		giveBack();
	}
	/* Frames that found no buffer are lost, and the next ones come. */
	*at(receiveStatus) = 0xffffffff;
	return (size_t)size <= most ? size : 0;
}

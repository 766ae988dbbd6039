/* See rom-image.h. */
#include "rom-image.h"
#include "xsAll.h"
#include "../xs/host.h"
#include "../xs/image.h"
#include "../xs/late.h"
#include "../xs/machine.h"
#include "../xs/memory.h"
#include "board.h"
#include "lab.h"
#include "port.h"

#include <string.h>

/* Where the emulator has put the modules' image: memory that a board doesn't have. The linker's. */
extern uint8_t _modules_start[];
enum { modulesMost = 4 << 20, romMagic = 0x4d4f5258 };

static LATE uint32_t made;

int romIsMade(void)
{
	return made == romMagic;
}

static void leave(int code) __attribute__((noreturn));
static void leave(int code)
{
	enum { applicationExit = 0x20026 };
	uintptr_t end[2] = {applicationExit, (uintptr_t)code};
	semihosting(semihostingExit, end);
	for (;;)
		;
}

static void fail(const char* why)
{
	hostLog("# rom: %s", why);
	leave(1);
}

static void writeOut(const char* file, const uint8_t* bytes, size_t size)
{
	enum { writeBinary = 5 };
	uintptr_t open[3] = {(uintptr_t)file, writeBinary, strlen(file)};
	long handle = semihosting(semihostingOpen, open);
	if (handle < 0)
		fail("the file can't be made");
	uintptr_t write[3] = {(uintptr_t)handle, (uintptr_t)bytes, size};
	if (semihosting(semihostingWrite, write))
		fail("the file can't be written");
	uintptr_t close[1] = {(uintptr_t)handle};
	semihosting(semihostingClose, close);
}

/* A first pass shows how much the root needs, the second one gives it just that. */
static RomSizes sizesOf(const Lab* lab)
{
	enum { someSlots = 64, someBytes = 1024 };
	if (!lab->pass)
		return (RomSizes){65536, 16384, 4096, 1024, 2048, 1};
	return (RomSizes){lab->chunks, someBytes, lab->slots, someSlots, lab->keys, 1};
}

void romMake(const char* file)
{
	static Image image;
	char error[200];
	Lab lab;
	labRead(&lab);
	const char* wrong = imageOpen(&image, _modules_start, modulesMost, NULL);
	if (wrong)
		fail(wrong);
	/* What's only needed meanwhile: RAM isn't bounded in this run. */
	heapEnd(_ram_start + (1 << 20));
	memoryRom(_rom_free, (size_t)(_window_end - _rom_free));
	memoryRomPack();
	RomSizes sizes = sizesOf(&lab);
	if (machineMakeRoot(&image, &sizes, error, sizeof(error)))
		fail(error);
	const txMachine* root = machineRoot();
	if (!lab.pass) {
		lab.pass = 1;
		lab.chunks = (uint32_t)root->currentChunksSize;
		lab.slots = (uint32_t)root->currentHeapCount;
		lab.keys = (uint32_t)root->keyIndex + 1;
		labWrite(&lab);
		boardReset();
	}
	made = romMagic;
	size_t size = (size_t)(_rom_free - _rom_start) + memoryRomUsed();
	size = (size + 3) & ~(size_t)3;
	writeOut(file, _rom_start, size);
	/* Last: who reads it ends the emulator. */
	hostLog("# rom: {\"bytes\":%lu,\"chunks\":%ld,\"slots\":%ld,\"keys\":%d,\"heap\":%lu}", (unsigned long)size,
		(long)root->currentChunksSize, (long)(root->currentHeapCount * sizeof(txSlot)), (int)root->keyIndex,
		(unsigned long)memoryRomUsed());
	leave(0);
}

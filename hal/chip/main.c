/* A chip's start: the image run, or the device. */
#include "../xs/host.h"
#include "../xs/image.h"
#include "../xs/machine.h"
#include "../xs/memory.h"
#include "../xs/modules.h"
#include "../xs/port.h"
#include "board.h"
#include "instrument.h"
#include "lab.h"
#include "loop.h"
#include "port.h"
#include "rom-image.h"
#include "straps.h"

#include <string.h>

extern Retained retainedMemory;

/* The image's section about the board. */
typedef struct {
	uint32_t ram, flash, reserved[2];
} Chip;

static void unbootable(const char* why)
{
	hostLog("# can't run: %s", why);
	/* Nobody can help from here; the watchdog of a real board would do no better. */
	for (;;)
		boardIdle(UINT64_MAX);
}

static void memoryOf(const Image* image, const Chip* chip)
{
	ImageCreation record;
	imageCreation(image, &record);
	uint8_t* end = _ram_start + chip->ram;
	if (end < _heap_start || record.staticBytes > (size_t)(end - _heap_start))
		unbootable("the creation record's static memory doesn't fit into the board's RAM");
	heapEnd(end - record.staticBytes);
	memoryRam(end - record.staticBytes, record.staticBytes);
}

/* The strap takes the place of a clock with a battery. */
static void clockOfLab(void)
{
	enum { semihostingTime = 0x11 };
	if (strap("clock"))
		portSetWallClock((uint32_t)semihosting(semihostingTime, NULL) * (int64_t)1000000);
}

static uint32_t runs(void)
{
	Lab lab;
	labRead(&lab);
	lab.runs++;
	labWrite(&lab);
	return lab.runs;
}

static void run(void)
{
	static Image image;
	char error[200];
	Chip chip;
	retainedStart(&retainedMemory);
	clockOfLab();
	const char* wrong = imageOpenVerified(&image, _window_start, (size_t)(_window_end - _window_start), NULL);
	if (wrong)
		unbootable(wrong);
	if (image.chip.size < sizeof(chip))
		unbootable("the image doesn't say what board it is for");
	memcpy(&chip, image.chip.data, sizeof(chip));
	memoryOf(&image, &chip);
	memoryRom(_rom_start, (size_t)(_window_end - _rom_start));
	modulesOf(&image);
	boardProtect(chip.ram);
	if (machineClone(&image, error, sizeof(error)))
		unbootable(error);
	hostLog("# boot %s %s: run %u, %s", image.board, image.version, (unsigned)runs(), retainedReasonName(retainedReason()));
	chipStart();
	machineMain();
	instrumentPrint("start");
	loopRun();
}

int main(void)
{
	stackPaint();
	boardStart();
	strapsRead();
	const char* rom = strap("rom");
	if (rom)
		romMake(rom);
	if (!romIsMade())
		unbootable("this firmware has no ROM image yet: see hal/chip/rom-image.h");
	run();
}

/* The device process: boots the image that the boot rules choose and runs until it is reset or told to end. */
#include "device.h"
#include "events.h"
#include "loop.h"
#include "flash.h"
#include "options.h"
#include "station.h"
#include "../xs/boot.h"
#include "../xs/console.h"
#include "../xs/image.h"
#include "../xs/machine.h"
#include "../xs/memory.h"
#include "../xs/modules.h"
#include "../xs/partitions.h"
#include "../xs/port.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
	romSize = 16 << 20, /* address space, of which only what's used is memory */
	ramMost = 320 << 10 /* without `static`: what XS may take on a chip of the ESP32's class */
};

static void unbootable(const char* why)
{
	portFlush();
	fprintf(stderr, "%s: %s\n", options.flash, why);
	_exit(deviceUnbootable);
}

typedef struct {
	Image image;      /* of the slot that was looked at last */
	char first[200];  /* what was wrong first: the words for a flash without any image */
} Boot;

static const char* checkSlot(void* context, const Partition* partition)
{
	Boot* boot = context;
	const char* wrong = imageOpen(&boot->image, flashMemory + partition->offset, partition->size, options.board);
	if (wrong && !boot->first[0])
		snprintf(boot->first, sizeof(boot->first), "%s", wrong);
	return wrong;
}

static void sayBoot(void* context, const char* line)
{
	consolePrint("# boot: %s\n", line);
}

/* Answers the slot. */
static uint8_t openImage(Image* image)
{
	static Boot boot;
	Partition partition;
	if (!bootSlot(0, &partition))
		unbootable("no partition ota_0: is this a flash file?");
	uint8_t slot = bootChoose(&(BootHost){checkSlot, sayBoot, &boot});
	if (slot == bootNoSlot)
		unbootable(boot.first);
	*image = boot.image;
	return slot;
}

/*
 * The board's RAM. `static` counts a chip's bytes; a slot takes twice as many here on 64 bits, so the area is twice as
 * large there, which is exact for slots and generous for chunks. The 32-bit build is exact.
 */
static void takeRam(const Image* image)
{
	ImageCreation record;
	imageCreation(image, &record);
	size_t scale = sizeof(void*) / 4, size = record.staticBytes * scale;
	if (!size) {
		size_t initial = record.initialChunk + 64 + (size_t)(record.initialHeap + record.stack) * 16 * scale;
		memoryRam(NULL, initial > ramMost * scale ? initial : ramMost * scale);
		return;
	}
	void* ram = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (ram == MAP_FAILED)
		unbootable("no memory");
	memoryRam(ram, size);
}

static void stop(void)
{
	portFlush();
	if (options.instrument)
		figuresPrint("end");
	portFlush();
	fflush(stdout);
	_exit(deviceStopped);
}

static void signalled(Watch* watch, uint32_t ready)
{
	struct signalfd_siginfo info;
	(void)ready;
	while (read(watch->fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGTERM)
			loopStop();
		else if (info.ssi_signo == SIGUSR1)
			figuresPrint("now");
		else if (info.ssi_signo == SIGUSR2)
			heapWrite();
	}
}

static Watch signals = {.fd = -1, .ready = signalled};

static void watchSignals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	loopAdd(&signals, EPOLLIN);
}

static void tellBoot(const Image* image, uint8_t slot, uint64_t start)
{
	char board[80], version[80];
	uint32_t preloaded = 0;
	for (uint32_t i = 0; i < modulesCount(); i++)
		preloaded += (uint32_t)modulesPreload(i);
	eventWrite("boot",
		"\"run\":%u,\"reason\":\"%s\",\"pid\":%d,\"board\":%s,\"version\":%s,\"slot\":\"ota_%u\",\"modules\":%u,\"preloaded\":%u,"
		"\"rom\":%zu,\"microseconds\":%llu",
		shared->run, retainedReasonName(retainedReason()), (int)getpid(),
		eventString(board, sizeof(board), image->board), eventString(version, sizeof(version), image->version), slot,
		modulesCount(), preloaded, memoryRomUsed(), (unsigned long long)(portMicroseconds() - start));
}

void deviceRun(void)
{
	static Image image;
	char error[256];
	/* A device knows no time zone. */
	setenv("TZ", "UTC0", 1);
	portStart();
	uint64_t start = portMicroseconds();
	retainedStart(&shared->retained);
	loopStart();
	stationStart();
	watchSignals();
	uint8_t slot = openImage(&image);
	void* rom = crashRom(romSize);
	if (!rom)
		unbootable("no memory");
	memoryRom(rom, romSize);
	takeRam(&image);
	crashWatch();
	watchdogStart();
	if (machineMakeRoot(&image, &romSizes, error, sizeof(error)))
		unbootable(error);
	crashProtect(machineRoot());
	if (machineClone(&image, error, sizeof(error)))
		unbootable(error);
	tellBoot(&image, slot, start);
	if (options.instrument) {
		costsPrint();
		figuresPrint("start");
	}
	machineMain();
	loopRun();
	stop();
	abort();
}

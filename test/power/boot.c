/*
 * Power cuts for the boot rules (hal/xs/boot.c, boot-record.c): what changes the decision which slot starts is cut at every
 * flash operation, in four ways, and again in the start that follows. After each the former or the new decision holds, and
 * a slot with a valid image starts.
 *
 *     boot UNIT SEEDS     operations of UNIT bytes (256: a page, as the chips program; 4: every word), garbage of SEEDS kinds
 *
 * Prints "scenario tried lost" lines; exits with 1 when anything was lost.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../hal/xs/boot.h"
#include "../../hal/xs/flash.h"

#define TABLE 0x8000
#define OTADATA 0xe000
#define SIZE 0x30000

typedef enum { cutBefore, cutTorn, cutGarbage, cutAfter, cutModes } CutMode;
static const char* const modeNames[] = { "before", "torn", "garbage", "after" };

/* ---- The flash ---- */

static uint8_t cells[SIZE];
static uint32_t unit;
static unsigned long operations, cutAt;
static CutMode cutMode;
static jmp_buf power;
static uint32_t randomState = 1;

static uint8_t draw(void)
{
	randomState ^= randomState << 13;
	randomState ^= randomState >> 17;
	randomState ^= randomState << 5;
	return (uint8_t)randomState;
}

static void outside(const char* what)
{
	printf("failed: %s outside\n", what);
	exit(1);
}

int flashRead(uint32_t offset, void* into, uint32_t size)
{
	if (offset > SIZE || size > SIZE - offset)
		return -1;
	memcpy(into, cells + offset, size);
	return 0;
}

/* What a bit is that was to be cleared when the power went. */
static uint8_t kept(uint32_t index, uint32_t size)
{
	if (cutMode == cutGarbage)
		return draw();
	return index < size / 2 ? 0 : index == size / 2 ? 0x55 : 0xff;
}

static void program(uint32_t offset, const uint8_t* bytes, uint32_t size)
{
	int isCut = ++operations == cutAt;
	if (isCut && cutMode == cutBefore)
		longjmp(power, 1);
	for (uint32_t index = 0; index < size; index++)
		cells[offset + index] &= bytes[index] | (isCut && cutMode != cutAfter ? kept(index, size) : 0);
	if (isCut)
		longjmp(power, 1);
}

int flashWrite(uint32_t offset, const void* bytes, uint32_t size)
{
	const uint8_t* from = bytes;
	if (offset < OTADATA || offset >= OTADATA + 2 * FLASH_BLOCK || offset % FLASH_UNIT || size % FLASH_UNIT)
		outside("a write");
	for (uint32_t part; size; offset += part, from += part, size -= part) {
		part = unit - offset % unit;
		part = part < size ? part : size;
		for (uint32_t index = 0; index < part; index++)
			if (from[index] & ~cells[offset + index])
				outside("a bit is set by a write: an erase is missing, and the write");
		program(offset, from, part);
	}
	return 0;
}

int flashErase(uint32_t offset)
{
	int isCut = ++operations == cutAt;
	if (offset != OTADATA && offset != OTADATA + FLASH_BLOCK)
		outside("an erase");
	if (isCut && cutMode == cutBefore)
		longjmp(power, 1);
	for (uint32_t index = 0; index < FLASH_BLOCK; index++)
		cells[offset + index] |= isCut && cutMode != cutAfter ? (uint8_t)~kept(index, FLASH_BLOCK) : 0xff;
	if (isCut)
		longjmp(power, 1);
	return 0;
}

static void row(int index, uint8_t type, uint8_t subtype, uint32_t offset, uint32_t size, const char* name)
{
	uint8_t* p = cells + TABLE + 32 * index;
	memset(p, 0, 32);
	p[0] = 0xaa, p[1] = 0x50, p[2] = type, p[3] = subtype;
	for (int i = 0; i < 4; i++)
		p[4 + i] = (uint8_t)(offset >> 8 * i), p[8 + i] = (uint8_t)(size >> 8 * i);
	strcpy((char*)p + 12, name);
}

static void blank(int slots)
{
	memset(cells, 0xff, SIZE);
	row(0, 1, 0, OTADATA, 2 * FLASH_BLOCK, "otadata");
	row(1, 0, 0x10, 0x10000, 0x10000, "ota_0");
	if (slots > 1)
		row(2, 0, 0x11, 0x20000, 0x10000, "ota_1");
}

/* ---- The images: whether each is valid ---- */

static int isValid[2];

static const char* check(void* context, const Partition* partition)
{
	(void)context;
	return isValid[partition->subtype & 15] ? NULL : "no image";
}

static void say(void* context, const char* line)
{
	(void)context;
	(void)line;
}

static uint8_t start(void)
{
	const BootHost host = { check, say, NULL };
	return bootChoose(&host);
}

/* ---- Scenarios: what was before, and what is interrupted ---- */

static int worked;

static void must(int result)
{
	worked &= !result;
}

static void nothing(void) {}
static void confirmedFirst(void) { must(bootTake(0)); }
static void staged(void) { must(bootTake(0)); must(bootStage(1, 0, 2)); }
static void stagedAnew(void) { must(bootStage(1, 0, 1)); }
static void started(void) { staged(); must(start() != 1); }
static void ranOut(void) { staged(); must(start() != 1); must(start() != 1); }
static void brokenTrial(void) { staged(); isValid[1] = 0; }
static void brokenLast(void) { started(); isValid[1] = 0; }

static void burnFirst(void) { must(bootTake(0)); }
static void burnSecond(void) { must(bootTake(1)); }
static void stage(void) { must(bootStage(1, 0, 3)); }
static void confirm(void) { must(bootConfirm()); }
static void giveUp(void) { must(bootFailed()); }
static void boot(void) { must(start() == bootNoSlot); }

static const struct {
	const char* name;
	int slots;
	void (*before)(void);
	void (*interrupted)(void);
	uint8_t then; /* the slot that starts after it */
} scenarios[] = {
	{ "first-burn", 2, nothing, burnFirst, 0 },
	{ "first-burn-one-slot", 1, nothing, burnFirst, 0 },
	{ "burn-again", 2, confirmedFirst, burnFirst, 0 },
	{ "burn-other", 2, confirmedFirst, burnSecond, 1 },
	{ "burn-during-trial", 2, started, burnSecond, 1 },
	{ "stage-first", 2, nothing, stage, 1 },
	{ "stage", 2, confirmedFirst, stage, 1 },
	{ "stage-again", 2, staged, stage, 1 },
	{ "count-first", 2, staged, boot, 1 },
	{ "count-last", 2, started, boot, 0 },
	{ "confirm", 2, started, confirm, 1 },
	{ "give-up", 2, started, giveUp, 0 },
	{ "run-out", 2, ranOut, boot, 0 },
	{ "run-out-no-record", 2, stagedAnew, boot, 0 },
	{ "broken-trial", 2, brokenTrial, boot, 0 },
	{ "broken-trial-last", 2, brokenLast, boot, 0 },
};

/* ---- Cutting ---- */

typedef struct {
	uint8_t otadata[2 * FLASH_BLOCK];
	int valid[2];
} Saved;

static void save(Saved* saved)
{
	memcpy(saved->otadata, cells + OTADATA, sizeof saved->otadata);
	memcpy(saved->valid, isValid, sizeof isValid);
}

static void restore(const Saved* saved)
{
	memcpy(cells + OTADATA, saved->otadata, sizeof saved->otadata);
	memcpy(isValid, saved->valid, sizeof isValid);
}

/* Without the number, which only orders the copies; nothing there: all zero. */
static BootRecord decision(void)
{
	BootRecord record;
	memset(&record, 0, sizeof record);
	if (!bootRecordRead(&record))
		memset(&record, 0, sizeof record);
	record.sequence = 0;
	return record;
}

static int isOneOf(const BootRecord* list, int count)
{
	BootRecord now = decision();
	for (int index = 0; index < count; index++)
		if (!memcmp(&now, &list[index], sizeof now))
			return 1;
	return 0;
}

/* 1: it got through. */
static int cutInto(void (*work)(void), unsigned long at, CutMode mode)
{
	operations = 0;
	cutAt = at;
	cutMode = mode;
	if (setjmp(power)) {
		cutAt = 0;
		return 0;
	}
	work();
	cutAt = 0;
	return 1;
}

static unsigned long tried, lost;

static void judge(int isRight, const char* name, const char* what, unsigned long at, int mode)
{
	tried++;
	if (isRight)
		return;
	lost++;
	printf("lost: %s: %s, cut %lu:%s\n", name, what, at, modeNames[mode]);
}

/* After a cut: allowed[0] is the former decision, [1] the new one, [2] and [3] what a start makes of these. */
static void recover(const char* name, BootRecord allowed[4], const uint8_t starts[2], unsigned long first, int mode)
{
	Saved saved;
	judge(isOneOf(allowed, 2), name, "neither the former nor the new decision", first, mode);
	save(&saved);
	for (int second = 0; second < cutModes; second++)
		for (unsigned long at = 1;; at++) {
			restore(&saved);
			if (cutInto(boot, at, (CutMode)second))
				break;
			judge(isOneOf(allowed, 4), name, "a third decision after a second cut", at, second);
			uint8_t slot = start();
			judge(slot != bootNoSlot && isValid[slot], name, "nothing valid starts after a second cut", at, second);
		}
	restore(&saved);
	uint8_t slot = start();
	judge(slot == starts[0] || slot == starts[1], name, "the wrong slot starts", first, mode);
	judge(isOneOf(allowed, 4), name, "a third decision after a start", first, mode);
}

static void run(int index, unsigned long seeds)
{
	const char* name = scenarios[index].name;
	Saved before;
	BootRecord allowed[4];
	uint8_t starts[2];
	tried = lost = 0;
	blank(scenarios[index].slots);
	isValid[0] = 1;
	isValid[1] = scenarios[index].slots > 1;
	worked = 1;
	scenarios[index].before();
	save(&before);
	allowed[0] = decision();
	starts[0] = start();
	allowed[2] = decision();
	restore(&before);
	scenarios[index].interrupted();
	allowed[1] = decision();
	starts[1] = start();
	allowed[3] = decision();
	if (!worked || starts[1] != scenarios[index].then) {
		printf("failed: %s without a cut: slot %u starts\n", name, starts[1]);
		exit(1);
	}
	for (int mode = 0; mode < cutModes; mode++)
		for (unsigned long seed = 0; seed < (mode == cutGarbage ? seeds : 1); seed++)
			for (unsigned long at = 1;; at++) {
				restore(&before);
				if (cutInto(scenarios[index].interrupted, at, (CutMode)mode))
					break;
				recover(name, allowed, starts, at, mode);
			}
	printf("%s %lu %lu\n", name, tried, lost);
}

int main(int argc, char** argv)
{
	int isLost = 0;
	if (argc != 3)
		return 2;
	unit = (uint32_t)strtoul(argv[1], NULL, 10);
	for (int index = 0; index < (int)(sizeof scenarios / sizeof scenarios[0]); index++) {
		run(index, strtoul(argv[2], NULL, 10));
		isLost |= lost != 0;
	}
	return isLost;
}

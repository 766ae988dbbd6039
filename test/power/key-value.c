/*
 * Power cuts for hal/xs/key-value.c, exhaustively: a scenario of writes and deletions on a simulated NOR flash is cut at
 * every operation (one write unit, one erase), in four ways, and after each the store must mount again with the old or
 * the new value of what was interrupted and all else unchanged; then the next operations are cut at every place, too.
 *
 *     key-value SEED STEPS    prints "cuts N erases M", or the cut list that fails, and exits with 1
 *     key-value rot ROUNDS    damages bytes of the flash at random: nothing may be read or written outside, nothing may
 *                             hang, and the store must be good for new values; prints "rounds N"
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../hal/xs/key-value.h"

#define BLOCK 512
#define BLOCKS 4
#define SIZE (BLOCK * BLOCKS)
#define NAMES 8
#define VALUE_MOST 60
/* How many operations after a first cut are cut, too. */
#define SECOND_STEPS 2
/* So many steps take the store through both banks. */
#define WARM 60

typedef enum { cutBefore, cutTorn, cutGarbage, cutAfter, cutModes } CutMode;
static const char* const modeNames[] = { "before", "torn", "garbage", "after" };

/* ---- The flash ---- */

typedef struct {
	uint8_t cells[SIZE];
	uint8_t isUsed[SIZE / 4]; /* written since its erase, or unsure: must not be written */
} Flash;

static Flash flash;
static uint32_t unit;
static unsigned long operations, cutAt;
static CutMode cutMode;
static jmp_buf power;

static char cutList[128];
static int isRotten; /* what is in flash is no longer what was written */
static unsigned long cuts, erases;

static void fail(const char* what)
{
	printf("failed: %s; unit %u, cuts%s\n", what, unit, cutList[0] ? cutList : ": none");
	exit(1);
}

static uint32_t randomState;

static uint32_t draw(void)
{
	randomState ^= randomState << 13;
	randomState ^= randomState >> 17;
	randomState ^= randomState << 5;
	return randomState;
}

static int isCutHere(void)
{
	return ++operations == cutAt;
}

static int simRead(void* context, uint32_t offset, void* into, uint32_t size)
{
	(void)context;
	if (offset > SIZE || size > SIZE - offset)
		fail("read outside");
	memcpy(into, flash.cells + offset, size);
	return 0;
}

static void writeUnit(uint32_t offset, const uint8_t* bytes)
{
	int isCut = isCutHere();
	if (isCut && cutBefore == cutMode)
		longjmp(power, 1);
	for (uint32_t index = 0; index < unit; index += 4) {
		if (flash.isUsed[(offset + index) / 4] && !isRotten)
			fail("a unit is written twice");
		flash.isUsed[(offset + index) / 4] = 1;
	}
	uint8_t* cells = flash.cells + offset;
	for (uint32_t index = 0; index < unit; index++) {
		uint8_t kept = 0;
		if (isCut && cutTorn == cutMode)
			kept = index < unit / 2 ? 0 : index == unit / 2 ? 0x55 : 0xff;
		else if (isCut && cutGarbage == cutMode)
			kept = (uint8_t)draw();
		cells[index] &= bytes[index] | kept;
	}
	if (isCut)
		longjmp(power, 1);
}

static int simWrite(void* context, uint32_t offset, const void* bytes, uint32_t size)
{
	(void)context;
	if (offset % unit || size % unit || offset > SIZE || size > SIZE - offset)
		fail("write outside or not aligned");
	for (uint32_t index = 0; index < size; index += unit)
		writeUnit(offset + index, (const uint8_t*)bytes + index);
	return 0;
}

static int simErase(void* context, uint32_t offset)
{
	(void)context;
	int isCut = isCutHere();
	if (offset % BLOCK || offset >= SIZE)
		fail("erase outside");
	erases++;
	if (isCut && cutBefore == cutMode)
		longjmp(power, 1);
	uint8_t* cells = flash.cells + offset;
	int isHalf = isCut && (cutTorn == cutMode || cutGarbage == cutMode);
	for (uint32_t index = 0; index < BLOCK; index++) {
		if (!isHalf)
			cells[index] = 0xff;
		else if (cutGarbage == cutMode)
			cells[index] |= (uint8_t)draw();
		else if (index < BLOCK / 2)
			cells[index] = 0xff;
	}
	memset(flash.isUsed + offset / 4, isHalf, BLOCK / 4);
	if (isCut)
		longjmp(power, 1);
	return 0;
}

/* ---- What is stored, and what should be ---- */

typedef struct {
	int isThere;
	uint32_t size;
	uint8_t format;
	uint8_t bytes[VALUE_MOST];
} Value;

typedef struct {
	int name;
	Value value; /* !isThere: a deletion */
} Step;

static const KeyValueName names[NAMES] = {
	{ "link", "productKey" }, { "link", "a" }, { "link", "b" }, { "x", "a" },
	{ "x", "productKey" }, { "li", "nka" }, { "vault", "a-name-as-long-as-15" }, { "x", "c" },
};

static KeyValue store;
static Value model[NAMES];

static void mount(void)
{
	KeyValueFlash below = { NULL, simRead, simWrite, simErase, BLOCK, BLOCKS, unit };
	if (keyValueMount(&store, &below, 0))
		fail("does not mount");
}

static void apply(const Step* step)
{
	KeyValueResult result = step->value.isThere
		? keyValueWrite(&store, names[step->name], step->value.format, step->value.bytes, step->value.size)
		: keyValueDelete(&store, names[step->name]);
	if (keyValueFull == result && step->value.isThere)
		return;
	if (result)
		fail("an operation fails");
	model[step->name] = step->value;
}

static int isAs(int name, const Value* value)
{
	KeyValueEntry entry;
	uint8_t bytes[VALUE_MOST];
	KeyValueResult result = keyValueFind(&store, names[name], &entry);
	if (keyValueAbsent == result)
		return !value->isThere;
	if (result || !value->isThere || entry.size != value->size || entry.format != value->format)
		return 0;
	return !keyValueRead(&store, &entry, bytes) && !memcmp(bytes, value->bytes, value->size);
}

/* All as the model says; `step`, if there's one, may have happened or not: then the model learns what did. */
static void check(const Step* step)
{
	int count = 0, listed = 0;
	KeyValueEntry entry = { 0 };
	for (int name = 0; name < NAMES; name++) {
		if (!isAs(name, &model[name])) {
			if (!step || step->name != name || !isAs(name, &step->value))
				fail("a value is neither the old nor the new one");
			model[name] = step->value;
		}
		count += model[name].isThere;
	}
	while (!keyValueNext(&store, &entry))
		listed++;
	if (listed != count)
		fail("the list has too many or too few names");
}

static Step drawStep(void)
{
	Step step = { 0 };
	step.name = (int)(draw() % NAMES);
	step.value.isThere = draw() % 5 != 0;
	if (!step.value.isThere)
		return step;
	step.value.size = draw() % (VALUE_MOST + 1);
	step.value.format = (uint8_t)(draw() % 10);
	for (uint32_t index = 0; index < step.value.size; index++)
		step.value.bytes[index] = (uint8_t)draw();
	return step;
}

/* ---- Cutting ---- */

/* Run steps until the cut; answers the interrupted one, `end` if it got through, -1 inside the mount. */
static int runUntilCut(const Step* steps, int from, int end)
{
	/* volatile: it's read after longjmp */
	static volatile int at;
	operations = 0;
	at = -1;
	if (setjmp(power))
		return at;
	mount();
	for (at = from; at < end; at++)
		apply(&steps[at]);
	return end;
}

typedef struct {
	Flash flash;
	Value model[NAMES];
	uint32_t random;
} Snapshot;

static void save(Snapshot* snapshot)
{
	snapshot->flash = flash;
	memcpy(snapshot->model, model, sizeof model);
	snapshot->random = randomState;
}

static void restore(const Snapshot* snapshot)
{
	flash = snapshot->flash;
	memcpy(model, snapshot->model, sizeof model);
	randomState = snapshot->random;
}

/* Power is back: mounting twice must change nothing that one mount didn't. */
static void recover(const Step* step)
{
	cutAt = 0;
	mount();
	check(step);
	Flash before = flash;
	mount();
	check(NULL);
	if (memcmp(before.cells, flash.cells, SIZE))
		fail("a second mount changes the flash");
}

/* Cut steps from … to `end` at every operation in every way; `then` goes on from each. */
static void cutAll(const Step* steps, int from, int end, int count, int isSecond)
{
	Snapshot start;
	size_t length = strlen(cutList);
	save(&start);
	for (int mode = 0; mode < cutModes; mode++)
		for (unsigned long at = 1;; at++) {
			restore(&start);
			cutAt = at;
			cutMode = (CutMode)mode;
			snprintf(cutList + length, sizeof cutList - length, " step %d+%lu:%s", from, at, modeNames[mode]);
			int reached = runUntilCut(steps, from, end);
			if (reached == end)
				break;
			cuts++;
			recover(reached < 0 ? NULL : &steps[reached]);
			int next = reached < 0 ? from : reached;
			if (!isSecond)
				cutAll(steps, next, next + SECOND_STEPS < count ? next + SECOND_STEPS : count, count, 1);
		}
	cutList[length] = 0;
	restore(&start);
	cutAt = 0;
}

/* `warm` steps without a cut, then `count` steps with all of them. */
static void scenario(uint32_t seed, int warm, int count)
{
	Step* steps = calloc((size_t)count, sizeof *steps);
	randomState = seed * 2654435761u | 1;
	for (int index = 0; index < count; index++)
		steps[index] = drawStep();
	memset(flash.cells, 0xff, SIZE);
	memset(flash.isUsed, 0, sizeof flash.isUsed);
	memset(model, 0, sizeof model);
	for (int index = 0; index < warm; index++) {
		Step step = drawStep();
		if (runUntilCut(&step, 0, 1) != 1)
			fail("cut without a cut");
	}
	/* Without warm steps the first one is cut from before the partition is one. */
	for (int index = 0; index < count; index++) {
		cutAll(steps, index, index + 1, count, 0);
		if (runUntilCut(steps, index, index + 1) != index + 1)
			fail("cut without a cut");
		check(NULL);
	}
	free(steps);
}

/* ---- Rot ---- */

static void damage(void)
{
	for (uint32_t count = draw() % 8 + 1; count; count--) {
		uint32_t at = draw() % SIZE;
		/* Rather where it hurts: in the headers. */
		if (draw() % 2)
			at = at % 2 * (SIZE / 2) + draw() % 200;
		flash.cells[at] = draw() % 2 ? (uint8_t)draw() : flash.cells[at] ^ (uint8_t)(1 << draw() % 8);
	}
}

static void readAll(void)
{
	uint8_t bytes[KEY_VALUE_SIZE];
	char domain[KEY_VALUE_NAME + 1], key[KEY_VALUE_NAME + 1];
	KeyValueEntry entry = { 0 };
	for (int count = 0; !keyValueNext(&store, &entry); count++) {
		if (count > SIZE || keyValueName(&store, &entry, domain, key) || keyValueRead(&store, &entry, bytes))
			fail("the list has no end, or an entry can't be read");
	}
	for (int name = 0; name < NAMES; name++)
		if (!keyValueFind(&store, names[name], &entry))
			keyValueRead(&store, &entry, bytes);
}

static void rot(unsigned long rounds)
{
	isRotten = 1;
	memset(flash.cells, 0xff, SIZE);
	randomState = 20210603;
	for (unsigned long round = 0; round < rounds; round++) {
		unit = 4u << round / 1000 % 3;
		damage();
		mount();
		readAll();
		for (uint32_t count = draw() % 12; count; count--) {
			Step step = drawStep();
			if (step.value.isThere)
				keyValueWrite(&store, names[step.name], step.value.format, step.value.bytes, step.value.size);
			else
				keyValueDelete(&store, names[step.name]);
		}
		readAll();
	}
	printf("rounds %lu\n", rounds);
}

int main(int argc, char** argv)
{
	if (argc != 3)
		return 2;
	if (!strcmp(argv[1], "rot")) {
		rot(strtoul(argv[2], NULL, 10));
		return 0;
	}
	for (unit = 4; unit <= 16; unit *= 2)
		for (int warm = 0; warm <= WARM; warm += WARM)
			scenario((uint32_t)strtoul(argv[1], NULL, 10), warm, atoi(argv[2]));
	printf("cuts %lu erases %lu\n", cuts, erases);
	return 0;
}

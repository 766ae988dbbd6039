/* The two areas and the counted C heap: see memory.h. */
#include "xsAll.h"
#include "memory.h"

typedef struct {
	uint8_t* base;
	uint8_t* low;  /* next byte from below */
	uint8_t* high; /* end of what's free */
	uint8_t* end;
} Area;

static Area rom, ram;
static size_t heapLeft = SIZE_MAX; /* without a RAM area */
static int building;
static int packed;
MemoryFigures memoryFigures;

#define ALIGN(size) (((size) + 15) & ~(size_t)15)

static void areaSet(Area* area, void* base, size_t size)
{
	area->base = area->low = (uint8_t*)ALIGN((uintptr_t)base);
	area->high = area->end = (uint8_t*)(((uintptr_t)base + size) & ~(uintptr_t)15);
}

static void* areaLow(Area* area, size_t size)
{
	uint8_t* result = area->low;
	size = ALIGN(size);
	if ((size_t)(area->high - area->low) < size)
		return NULL;
	area->low += size;
	return result;
}

static void* areaHigh(Area* area, size_t size)
{
	size = ALIGN(size);
	if ((size_t)(area->high - area->low) < size)
		return NULL;
	return area->high -= size;
}

static void* romHigh(size_t size)
{
	return packed ? areaLow(&rom, size) : areaHigh(&rom, size);
}

void memoryRom(void* area, size_t size) { areaSet(&rom, area, size); }

void memoryRam(void* area, size_t size)
{
	if (area)
		areaSet(&ram, area, size);
	else
		heapLeft = size;
}

void memoryBuildRom(int value) { building = value; }
void memoryRomPack(void) { packed = 1; }
void* memoryRomTake(size_t size) { return areaLow(&rom, size); }
size_t memoryRomUsed(void) { return (size_t)(rom.low - rom.base) + (size_t)(rom.end - rom.high); }
size_t memoryRamFree(void) { return ram.base ? (size_t)(ram.high - ram.low) : heapLeft; }

int memoryInRom(const void* address)
{
	return rom.base <= (const uint8_t*)address && (const uint8_t*)address < rom.end;
}

/* XS's chunks, slots and stack */

static Area* areaNow(void)
{
	if (building)
		return &rom;
	return ram.base ? &ram : NULL;
}

/* What XS has of the C heap, the newest first. */
typedef union heapPiece {
	struct {
		union heapPiece* next;
		size_t size;
	} is;
	max_align_t align[1];
} HeapPiece;
static HeapPiece* pieces;

static void* heapNow(size_t size)
{
	HeapPiece* piece;
	if (size > heapLeft || !(piece = malloc(sizeof(HeapPiece) + size)))
		return NULL;
	heapLeft -= size;
	piece->is.next = pieces;
	piece->is.size = size;
	pieces = piece;
	return piece + 1;
}

void memoryPieces(void (*piece)(const void* memory, size_t size, void* data), void* data)
{
	if (ram.base)
		piece(ram.base, (size_t)(ram.end - ram.base), data);
	for (const HeapPiece* it = pieces; it; it = it->is.next)
		piece(it + 1, it->is.size, data);
}

void* fxAllocateChunks(txMachine* the, txSize size)
{
	Area* area = areaNow();
	return area ? areaLow(area, (size_t)size) : heapNow((size_t)size);
}

txSlot* fxAllocateSlots(txMachine* the, txSize count)
{
	Area* area = areaNow();
	size_t size = (size_t)count * sizeof(txSlot);
	/* The stack comes first, and packed ROM gets what of it is used, by memoryRomStack. */
	if (area == &rom)
		return packed && !the->stackBottom ? malloc(size) : romHigh(size);
	return area ? areaHigh(area, size) : heapNow(size);
}

int memoryRomStack(txMachine* root)
{
	size_t size = (size_t)(root->stackTop - root->stack) * sizeof(txSlot);
	txSlot* former = root->stackBottom;
	txSlot* stack;
	if (!packed)
		return 0;
	stack = memoryRomTake(size);
	if (!stack)
		return -1;
	memcpy(stack, root->stack, size);
	root->stackBottom = root->stack = stack;
	root->stackTop = root->stackPrototypes = stack + size / sizeof(txSlot);
	free(former);
	return 0;
}

/* Only a machine's end frees them, and ours end by a reset. */
void fxFreeChunks(txMachine* the, void* chunks) {}
void fxFreeSlots(txMachine* the, void* slots) {}

/* The C heap, each block behind its size (16 bytes, so that what follows keeps malloc's alignment) */

typedef union {
	size_t size;
	max_align_t align[1];
	uint8_t bytes[16];
} Header;

static void* heapTake(size_t size, size_t* now, size_t* peak)
{
	Header* header;
	if (size > SIZE_MAX - sizeof(Header) || !(header = malloc(size + sizeof(Header))))
		return NULL;
	header->size = size;
	*now += size;
	if (*peak < *now)
		*peak = *now;
	return header + 1;
}

static void heapGive(void* data, size_t* now)
{
	Header* header = (Header*)data - 1;
	*now -= header->size;
	free(header);
}

void* xsMalloc(size_t size)
{
	if (building)
		return romHigh(size);
	return heapTake(size, &memoryFigures.xs, &memoryFigures.xsPeak);
}

void* xsCalloc(size_t count, size_t size)
{
	void* data = size && count > SIZE_MAX / size ? NULL : xsMalloc(count * size);
	if (data)
		memset(data, 0, count * size);
	return data;
}

void xsFree(void* data)
{
	if (data && !memoryInRom(data))
		heapGive(data, &memoryFigures.xs);
}

void* xsRealloc(void* data, size_t size)
{
	void* result = xsMalloc(size);
	if (data && result) {
		/* What lies in ROM has no header; the block moves downwards there, so reading `size` bytes stays inside. */
		size_t former = memoryInRom(data) ? size : ((Header*)data - 1)->size;
		if (former > (size_t)(rom.end - (uint8_t*)data) && memoryInRom(data))
			former = (size_t)(rom.end - (uint8_t*)data);
		memcpy(result, data, former < size ? former : size);
		xsFree(data);
	}
	return result;
}

void* hostAllocate(size_t size)
{
	void* data = heapTake(size, &memoryFigures.native, &memoryFigures.nativePeak);
	if (data)
		memset(data, 0, size);
	return data;
}

void hostFree(void* data)
{
	if (data)
		heapGive(data, &memoryFigures.native);
}

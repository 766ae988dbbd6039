/*
 * Memory of the machines. Two areas: ROM, which the root machine (built-ins, preloaded modules) fills once and which is
 * then read-only, and RAM, of the size that the creation record's `static` says, for the running machine. In an area
 * chunks grow upwards and slots downwards, as the Moddable SDK has it with `static`; without, RAM is the C heap.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct sxMachine;

/* Give the areas. Without a RAM area XS takes its chunks and slots from the C heap, `size` bytes of it at most. */
void memoryRom(void* area, size_t size);
void memoryRam(void* area, size_t size);
/* While 1, all that XS asks for comes from ROM. */
void memoryBuildRom(int building);
/* From now on all of ROM is taken from below, so that what's used is one piece. */
void memoryRomPack(void);
/* When the root is done: its stack's used part (the built-ins) into packed ROM, as it was made outside. 0, or -1: full. */
int memoryRomStack(struct sxMachine* root);
/* Bytes in the ROM area, aligned to 16, from below; NULL when it's full. Only while it's being built. */
void* memoryRomTake(size_t size);
/* Bytes used in the ROM area; what the RAM area (or the C heap, as far as it was given) still has. */
size_t memoryRomUsed(void);
size_t memoryRamFree(void);
int memoryInRom(const void* address);
/* Every piece of memory in which the running machine has, or had, chunks, slots and its stack, also what is free of it. */
void memoryPieces(void (*piece)(const void* memory, size_t size, void* data), void* data);

/* The C heap of our own classes and of TLS: counted, zeroed. NULL when there's none left. */
void* hostAllocate(size_t size);
void hostFree(void* data);

/* hal/mbedtls counts its own heap (heap.h); a host without it has none. */
void tlsHeap(size_t* current, size_t* peak) __attribute__((weak));

typedef struct {
	size_t xs, xsPeak;         /* XS's own C heap */
	size_t native, nativePeak; /* hostAllocate */
} MemoryFigures;
extern MemoryFigures memoryFigures;

#endif

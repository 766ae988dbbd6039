#include "heap.h"

#include <stdint.h>
#include <stdlib.h>

/* Before each block: its size, in a unit that keeps the block aligned for everything. */
typedef union {
	size_t size;
	long double alignment;
	void* pointer;
} Header;

static struct {
	size_t current;
	size_t peak;
	size_t limit;
	size_t setUp;
} heap;

void* tlsCalloc(size_t count, size_t size) {
	Header* header;
	if (size && count > (SIZE_MAX - sizeof(Header)) / size)
		return NULL;
	size *= count;
	if (heap.limit && (size > heap.limit || heap.current > heap.limit - size))
		return NULL;
	header = calloc(1, sizeof(Header) + size);
	if (!header)
		return NULL;
	header->size = size;
	heap.current += size;
	if (heap.current > heap.peak)
		heap.peak = heap.current;
	return header + 1;
}

void tlsFree(void* block) {
	Header* header = block;
	if (!header)
		return;
	header -= 1;
	heap.current -= header->size;
	free(header);
}

void tlsHeap(size_t* current, size_t* peak) {
	*current = heap.current;
	*peak = heap.peak;
}

void tlsHeapReset(void) { heap.peak = heap.current; }

void tlsHeapLimit(size_t bytes) { heap.limit = bytes; }

void tlsHeapSetUp(void) { heap.setUp = heap.current; }

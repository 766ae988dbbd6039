/* The C heap's bounds and the C stack's use. */
#include "../xs/port.h"
#include "board.h"
#include "port.h"

#include <errno.h>
#include <string.h>

static uint8_t* low = _heap_start;
static uint8_t* high = _heap_start;

enum { paint = 0xA5, redZone = 256 };

void heapEnd(uint8_t* end)
{
	high = end;
}

size_t heapUntouched(void)
{
	return (size_t)(high - low);
}

/* For the C library's malloc. */
void* sbrk(ptrdiff_t size)
{
	uint8_t* former = low;
	if (size > high - low || size < _heap_start - low) {
		errno = ENOMEM;
		return (void*)-1;
	}
	low += size;
	return former;
}

/* picolibc's list of what was given back, in the order of the addresses; a block's size counts its own word. */
typedef struct FreeBlock {
	long size;
	struct FreeBlock* next;
} FreeBlock;
extern FreeBlock* __malloc_free_list;

void portHeap(uint32_t* free, uint32_t* largest)
{
	*free = *largest = (uint32_t)heapUntouched();
	for (const FreeBlock* block = __malloc_free_list; block; block = block->next) {
		uint32_t size = (uint32_t)block->size;
		*free += size;
		/* The last one grows into what was never given out. */
		if ((const uint8_t*)block + size == low)
			size += (uint32_t)heapUntouched();
		if (*largest < size)
			*largest = size;
	}
}

void stackPaint(void)
{
	uint8_t* end = (uint8_t*)__builtin_frame_address(0) - redZone;
	memset(_stack_bottom, paint, (size_t)(end - _stack_bottom));
}

size_t stackPeak(void)
{
	const uint8_t* p = _stack_bottom;
	while (p < _stack_top && *p == paint)
		p++;
	return (size_t)(_stack_top - p);
}

/* How deep C may go before XS ends it as a stack overflow: what an end needs itself stays free. */
char* fxCStackLimit(void)
{
	enum { margin = 3072 };
	return (char*)_stack_bottom + margin;
}

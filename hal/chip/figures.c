/*
 * Where XS and lwIP count what they take of memory, as symbols of the program file: who looks at a device's RAM from outside
 * (tools/build/chip/ram-peaks.ts) finds it by them, and the image gets no byte more.
 */
#include "xsAll.h"
#include "lwip/stats.h"

/* A number without what the assembler would have before it. */
#ifdef __riscv
#define NUMBER "%0"
#else
#define NUMBER "%c0"
#endif
#define FIGURE(name, place) __asm__ volatile(".globl figure_" #name "\n.set figure_" #name ", " NUMBER ::"i"(place))

/* Never called; the linker leaves it out. */
__attribute__((used)) static void figures(void)
{
	FIGURE(slots, offsetof(txMachine, currentHeapCount));
	FIGURE(slotsPeak, offsetof(txMachine, peakHeapCount));
	FIGURE(slotSize, sizeof(txSlot));
	FIGURE(chunks, offsetof(txMachine, currentChunksSize));
	FIGURE(chunksPeak, offsetof(txMachine, peakChunksSize));
	FIGURE(stackBottom, offsetof(txMachine, stackBottom));
	FIGURE(stackTop, offsetof(txMachine, stackTop));
	FIGURE(netHeap, MEM_SIZE);
	FIGURE(netHeapPeak, offsetof(struct stats_, mem) + offsetof(struct stats_mem, max));
}

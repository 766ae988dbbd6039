/*
 * What must outlive a reset, and is not the device's: the laboratory's counters, in memory that a board doesn't have. Only
 * readable outside of boardProtect's list, so all goes through here.
 */
#ifndef LAB_H
#define LAB_H

#include <stdint.h>

typedef struct {
	uint32_t magic; /* absent when the emulator starts */
	uint32_t runs;
	uint32_t flashOperations;
	uint32_t wasCut;
	/* Between the two passes of the image run. */
	uint32_t pass, chunks, slots, keys;
} Lab;

void labRead(Lab* lab);
void labWrite(const Lab* lab);

#endif

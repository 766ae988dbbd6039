/*
 * The simulated NOR flash: what can be counted of it. The memory itself is the supervisor's.
 */
#ifndef SIMULATOR_FLASH_H
#define SIMULATOR_FLASH_H

#include <stddef.h>
#include <stdint.h>

#include "../xs/flash.h"

/* The flash file, mapped shared by the supervisor: one for all resets. */
extern uint8_t* flashMemory;
extern size_t flashSize;

/* A program operation of the chip never crosses a page; so a longer write can be cut between any two. */
#define FLASH_PAGE 256

/* All flash of one run, resets included: shared memory, so that the supervisor can tell. */
typedef struct {
	uint32_t erases;
	uint32_t programs;
	uint32_t bytesProgrammed;
	/* Bytes whose write wanted to set a bit: real flash ANDs without a word, but the program that does it is wrong. */
	uint32_t violations;
	/* Erases of each block. */
	uint32_t wear[];
} FlashStats;

/* Once, by the supervisor, before it forks: `size` is the flash's. NULL when there's no memory. */
const FlashStats* flashCount(size_t size);
/* At the end: all of it as an event, and with --instrument on the console. Supervisor only. */
void flashTell(void);

#endif

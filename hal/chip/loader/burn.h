/* The loader's end of hal/BURN.md: takes an image, block by block, into a slot. */
#ifndef BURN_H
#define BURN_H

#include <stdint.h>

typedef enum {
	burnOver,    /* nobody came, or nobody goes on */
	burnBoot,    /* the host has asked for a start */
	burnForeign  /* the line is another owner's */
} BurnResult;

/* Serve until `until` (µs of the clock); as long as a host speaks, until it's silent. */
BurnResult burnServe(uint64_t until);

#endif

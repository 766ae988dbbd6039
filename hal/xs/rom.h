/*
 * The root machine: built-ins, host functions and the modules that the image says to preload, made at every start inside
 * the ROM area, then frozen as if they were in flash.
 */
#ifndef ROM_H
#define ROM_H

#include "image.h"

struct sxMachine;

/*
 * The root's own sizes, in bytes, slots, and names. `isTight`: collect garbage while it's made, which takes longer and leaves
 * less of it behind.
 */
typedef struct {
	uint32_t chunk, chunkMore, heap, heapMore, keys, isTight;
} RomSizes;
extern const RomSizes romSizes;

/* The root, ready to be cloned; NULL when it can't be made, `error` says why (its size is `size`). */
struct sxMachine* romBuild(const Image* image, const RomSizes* sizes, char* error, size_t size);
/*
 * xsResult = the host function, with its name while the root is made (names cost RAM later). While the root is made it can be had, but not called: a chip's modules are preloaded on
 * the machine that compiles, where there are no native functions.
 */
void romNative(struct sxMachine* the, const char* name, void (*function)(struct sxMachine*));
/* What of a preloaded thing lies at an address in ROM: "Map", "typed array", …; for the report of a write to it. */
const char* romDescribe(const struct sxMachine* root, const void* address);

#endif

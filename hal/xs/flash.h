/*
 * The NOR flash as our C sees it, on every platform of ours.
 * An erase sets a block to 0xff, a write only clears bits, and either may stay half done when the power goes.
 */
#ifndef FLASH_H
#define FLASH_H

#include <stdint.h>

/* Bytes that one erase sets. */
#define FLASH_BLOCK 4096
/* Offset and length of a write are multiples of it (FLASH_UNIT_ENCRYPTED in an encrypted partition). */
#define FLASH_UNIT 4
#define FLASH_UNIT_ENCRYPTED 16

/* All answer 0, or -1 when the range is outside the flash or the flash fails. */
int flashRead(uint32_t offset, void* into, uint32_t size);
int flashWrite(uint32_t offset, const void* bytes, uint32_t size);
/* The block that begins at `offset`. */
int flashErase(uint32_t offset);

#endif

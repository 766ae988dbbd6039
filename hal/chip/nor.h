/* What a machine's NOR flash does; hal/chip/nor.c makes hal/xs/flash.h of it. Ranges are inside; all but the size answer 0 or -1. */
#ifndef NOR_H
#define NOR_H

#include <stdint.h>

enum { norPage = 256 /* bytes that are programmed at once */ };

uint32_t norSize(void);
int norRead(uint32_t offset, void* into, uint32_t size);
/* Not across the end of a page. Bits are only cleared. */
int norProgram(uint32_t offset, const void* bytes, uint32_t size);
/* One block. */
int norErase(uint32_t offset);

#endif

/* Numbers in images, records and tables in flash: the least significant byte first, wherever they lie. */
#ifndef BYTES_H
#define BYTES_H

#include <stdint.h>

static inline uint16_t u16(const uint8_t* p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t u32(const uint8_t* p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

#endif

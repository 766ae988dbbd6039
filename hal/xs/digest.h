/* What the boot needs before there is a cryptography library. */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 of Ethernet and zlib (polynomial 0xEDB88320, reflected). */
uint32_t crc32(const void* data, size_t size);
/* FIPS 180-4 SHA-256 of one piece. */
void sha256(const void* data, size_t size, uint8_t digest[32]);

#endif

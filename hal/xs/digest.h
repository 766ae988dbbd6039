/* What the boot needs before there is a cryptography library. */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 of Ethernet and zlib (polynomial 0xEDB88320, reflected). */
uint32_t crc32(const void* data, size_t size);
/* The same of more bytes, behind those whose CRC is `crc` (0: of none). */
uint32_t crc32More(uint32_t crc, const void* data, size_t size);
/* FIPS 180-4 SHA-256: of one piece, or piece by piece. */
void sha256(const void* data, size_t size, uint8_t digest[32]);

typedef struct {
	uint32_t state[8];
	uint64_t size;
	uint8_t rest[64]; /* size % 64 bytes that make no block yet */
} Sha256;

void sha256Start(Sha256* sha);
void sha256Update(Sha256* sha, const void* data, size_t size);
void sha256Finish(Sha256* sha, uint8_t digest[32]);

#endif

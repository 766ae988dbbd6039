/* CRC-32 and SHA-256, small rather than fast (a 300 KB image takes 2 ms): see digest.h. */
#include "digest.h"

#include <string.h>

uint32_t crc32More(uint32_t crc, const void* data, size_t size)
{
	/* Half a byte at a time: a table of 64 bytes. */
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
	const uint8_t* p = data;
	crc = ~crc;
	while (size--) {
		crc = table[(crc ^ *p) & 15] ^ (crc >> 4);
		crc = table[(crc ^ (*p++ >> 4)) & 15] ^ (crc >> 4);
	}
	return ~crc;
}

uint32_t crc32(const void* data, size_t size)
{
	return crc32More(0, data, size);
}

static const uint32_t k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static void sha256Block(uint32_t state[8], const uint8_t* p)
{
	uint32_t w[64];
	uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
	uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
	for (int i = 0; i < 16; i++, p += 4)
		w[i] = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	for (int i = 16; i < 64; i++) {
		uint32_t x = w[i - 15], y = w[i - 2];
		w[i] = w[i - 16] + (rotate(x, 7) ^ rotate(x, 18) ^ x >> 3) + w[i - 7] + (rotate(y, 17) ^ rotate(y, 19) ^ y >> 10);
	}
	for (int i = 0; i < 64; i++) {
		uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i];
		uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
		h = g, g = f, f = e, e = d + t1;
		d = c, c = b, b = a, a = t1 + t2;
	}
	state[0] += a, state[1] += b, state[2] += c, state[3] += d;
	state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

void sha256Start(Sha256* sha)
{
	static const uint32_t start[8] = {
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	memcpy(sha->state, start, sizeof(start));
	sha->size = 0;
}

void sha256Update(Sha256* sha, const void* data, size_t size)
{
	const uint8_t* p = data;
	size_t have = sha->size % 64;
	sha->size += size;
	if (have) {
		size_t part = size < 64 - have ? size : 64 - have;
		memcpy(sha->rest + have, p, part);
		if (have + part < 64)
			return;
		sha256Block(sha->state, sha->rest);
		p += part;
		size -= part;
	}
	for (; size >= 64; p += 64, size -= 64)
		sha256Block(sha->state, p);
	memcpy(sha->rest, p, size);
}

void sha256Finish(Sha256* sha, uint8_t digest[32])
{
	uint8_t end[72] = {0x80};
	uint64_t bits = sha->size * 8;
	size_t padding = 64 - (sha->size + 8) % 64;
	for (int i = 0; i < 8; i++)
		end[padding + 7 - i] = (uint8_t)(bits >> 8 * i);
	sha256Update(sha, end, padding + 8);
	for (int i = 0; i < 32; i++)
		digest[i] = (uint8_t)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
}

void sha256(const void* data, size_t size, uint8_t digest[32])
{
	Sha256 sha;
	sha256Start(&sha);
	sha256Update(&sha, data, size);
	sha256Finish(&sha, digest);
}

/*
 * X25519 (RFC 7748) where there are no 128-bit integers: what mbedTLS's Everest wants of Project Everest's code, which is made
 * for those. Numbers are eight words of 32 bits; a seventh of the instructions that mbedTLS's numbers of any size take. No
 * branch and no address depends on a secret.
 */
#include "compat.h"

#include <mbedtls/platform_util.h>
#include <stdint.h>
#include <string.h>

#if defined(LINKXS_MBEDTLS_CONFIG_H) && !defined(__SIZEOF_INT128__)

#pragma GCC optimize("O2")

enum { words = 8, bytes = 32 };

/* A number below 2^256, one of two or three that are the same modulo p = 2^255 - 19. */
typedef uint32_t Number[words];

void Hacl_Curve25519_crypto_scalarmult(uint8_t* result, uint8_t* secret, uint8_t* point);

/*
 * 2^256 is 38: what is carried out of the last word, or borrowed, comes back in the first. When that carries through to the
 * end once more, hardly anything, or hardly anything less than 2^256, is left: the first word has room.
 */
static inline void fold(Number r, int64_t carry)
{
	carry *= 38;
	for (int i = 0; i < words; i++) {
		carry += r[i];
		r[i] = (uint32_t)carry;
		carry >>= 32;
	}
	r[0] += (uint32_t)(carry * 38);
}

static void add(Number r, const Number a, const Number b)
{
	int64_t carry = 0;
	for (int i = 0; i < words; i++) {
		carry += (int64_t)a[i] + b[i];
		r[i] = (uint32_t)carry;
		carry >>= 32;
	}
	fold(r, carry);
}

static void subtract(Number r, const Number a, const Number b)
{
	int64_t borrow = 0;
	for (int i = 0; i < words; i++) {
		borrow += (int64_t)a[i] - b[i];
		r[i] = (uint32_t)borrow;
		borrow >>= 32;
	}
	fold(r, borrow);
}

/* r, which may be a or b, becomes a × b. */
static void multiply(Number r, const Number a, const Number b)
{
	uint32_t product[2 * words] = {0};
	for (int i = 0; i < words; i++) {
		uint32_t factor = a[i], carry = 0;
		uint32_t* row = product + i;
#pragma GCC unroll 8
		for (int j = 0; j < words; j++) {
			uint64_t sum = (uint64_t)factor * b[j] + row[j] + carry;
			row[j] = (uint32_t)sum;
			carry = (uint32_t)(sum >> 32);
		}
		row[words] = carry;
	}
	uint64_t carry = 0;
	for (int i = 0; i < words; i++) {
		carry += (uint64_t)product[words + i] * 38 + product[i];
		r[i] = (uint32_t)carry;
		carry >>= 32;
	}
	fold(r, (int64_t)carry);
}

static void multiplySmall(Number r, const Number a, uint32_t factor)
{
	uint64_t carry = 0;
	for (int i = 0; i < words; i++) {
		carry += (uint64_t)a[i] * factor;
		r[i] = (uint32_t)carry;
		carry >>= 32;
	}
	fold(r, (int64_t)carry);
}

static void square(Number r, const Number a, int times)
{
	multiply(r, a, a);
	while (--times)
		multiply(r, r, r);
}

/* a^(p-2) = a^(2^255 - 21). */
static void invert(Number r, const Number a)
{
	Number a11, low, high, t;
	square(t, a, 1);           /* 2 */
	square(low, t, 2);         /* 8 */
	multiply(low, low, a);     /* 9 */
	multiply(a11, low, t);     /* 11 */
	square(t, a11, 1);         /* 22 */
	multiply(low, t, low);     /* 2^5 - 1 */
	square(t, low, 5);
	multiply(low, t, low);     /* 2^10 - 1 */
	square(t, low, 10);
	multiply(high, t, low);    /* 2^20 - 1 */
	square(t, high, 20);
	multiply(t, t, high);      /* 2^40 - 1 */
	square(t, t, 10);
	multiply(low, t, low);     /* 2^50 - 1 */
	square(t, low, 50);
	multiply(high, t, low);    /* 2^100 - 1 */
	square(t, high, 100);
	multiply(t, t, high);      /* 2^200 - 1 */
	square(t, t, 50);
	multiply(t, t, low);       /* 2^250 - 1 */
	square(t, t, 5);
	multiply(r, t, a11);
}

static void swap(Number a, Number b, uint32_t yes)
{
	uint32_t mask = 0 - yes;
	for (int i = 0; i < words; i++) {
		uint32_t both = (a[i] ^ b[i]) & mask;
		a[i] ^= both;
		b[i] ^= both;
	}
}

static void read(Number r, const uint8_t* from)
{
	for (int i = 0; i < words; i++, from += 4)
		r[i] = (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
}

/* The least of those that are the same: bits from 2^255 on come back 19-fold, then p is taken off if it can be. */
static void write(uint8_t* to, Number a)
{
	for (int again = 0; again < 2; again++) {
		uint64_t carry = (uint64_t)(a[words - 1] >> 31) * 19;
		a[words - 1] &= 0x7fffffff;
		for (int i = 0; i < words; i++) {
			carry += a[i];
			a[i] = (uint32_t)carry;
			carry >>= 32;
		}
	}
	Number less;
	uint64_t carry = 19;
	for (int i = 0; i < words; i++) {
		carry += a[i];
		less[i] = (uint32_t)carry;
		carry >>= 32;
	}
	uint32_t isMore = 0 - (less[words - 1] >> 31);
	less[words - 1] &= 0x7fffffff;
	for (int i = 0; i < bytes; i++) {
		uint32_t word = (less[i / 4] & isMore) | (a[i / 4] & ~isMore);
		to[i] = (uint8_t)(word >> 8 * (i % 4));
	}
}

/* The names are the RFC's (section 5). */
typedef struct {
	Number x1, x2, z2, x3, z3, a, b, c, d;
	uint8_t scalar[bytes];
} Ladder;

static void step(Ladder* it)
{
	add(it->a, it->x2, it->z2);
	subtract(it->b, it->x2, it->z2);
	add(it->c, it->x3, it->z3);
	subtract(it->d, it->x3, it->z3);
	multiply(it->d, it->d, it->a); /* DA */
	multiply(it->c, it->c, it->b); /* CB */
	add(it->x3, it->d, it->c);
	square(it->x3, it->x3, 1);
	subtract(it->z3, it->d, it->c);
	square(it->z3, it->z3, 1);
	multiply(it->z3, it->z3, it->x1);
	square(it->a, it->a, 1); /* AA */
	square(it->b, it->b, 1); /* BB */
	multiply(it->x2, it->a, it->b);
	subtract(it->b, it->a, it->b); /* E */
	multiplySmall(it->z2, it->b, 121665);
	add(it->z2, it->z2, it->a);
	multiply(it->z2, it->z2, it->b);
}

void Hacl_Curve25519_crypto_scalarmult(uint8_t* result, uint8_t* secret, uint8_t* point)
{
	Ladder it;
	uint32_t swapped = 0;
	memset(&it, 0, sizeof(it));
	memcpy(it.scalar, secret, bytes);
	it.scalar[0] &= 248;
	it.scalar[31] = (uint8_t)((it.scalar[31] & 127) | 64);
	read(it.x1, point);
	it.x1[words - 1] &= 0x7fffffff;
	memcpy(it.x3, it.x1, sizeof(Number));
	it.x2[0] = it.z3[0] = 1;
	for (int bit = 254; bit >= 0; bit--) {
		uint32_t now = it.scalar[bit / 8] >> bit % 8 & 1;
		swap(it.x2, it.x3, now ^ swapped);
		swap(it.z2, it.z3, now ^ swapped);
		swapped = now;
		step(&it);
	}
	swap(it.x2, it.x3, swapped);
	swap(it.z2, it.z3, swapped);
	invert(it.a, it.z2);
	multiply(it.a, it.a, it.x2);
	write(result, it.a);
	mbedtls_platform_zeroize(&it, sizeof(it));
}

#endif

/*
 * memcpy, memmove, memset and memcmp by words: picolibc's go byte by byte, six instructions each, and XS's slots, TLS's
 * numbers and lwIP's packets are copied and cleared all the time. Words are read and written where they lie aligned, as not
 * every chip can do otherwise.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The compiler would make a call of memcpy of the loop in memcpy. */
#pragma GCC optimize("O2", "no-tree-loop-distribute-patterns")

typedef uint32_t __attribute__((may_alias)) Word;

enum { word = sizeof(Word), few = 12 };

static inline uintptr_t misaligned(const void* p)
{
	return (uintptr_t)p % word;
}

/* Upwards; `to` is aligned, `from` isn't: each word comes from two. Answers the bytes done. */
static inline size_t shifted(uint8_t* to, const uint8_t* from, size_t size)
{
	unsigned low = 8 * (unsigned)misaligned(from), high = 32 - low;
	const Word* next = (const Word*)(from - misaligned(from));
	Word* p = (Word*)to;
	Word before = *next++;
	size_t done = 0;
	for (; size - done >= word; done += word) {
		Word now = *next++;
		*p++ = before >> low | now << high;
		before = now;
	}
	return done;
}

static inline void upwards(uint8_t* to, const uint8_t* from, size_t size)
{
	if (size >= few) {
		while (misaligned(to)) {
			*to++ = *from++;
			size--;
		}
		if (misaligned(from)) {
			size_t done = shifted(to, from, size);
			to += done;
			from += done;
			size -= done;
		}
		else {
			Word* p = (Word*)to;
			const Word* q = (const Word*)from;
			for (; size >= 4 * word; size -= 4 * word, p += 4, q += 4) {
				Word a = q[0], b = q[1], c = q[2], d = q[3];
				p[0] = a;
				p[1] = b;
				p[2] = c;
				p[3] = d;
			}
			for (; size >= word; size -= word)
				*p++ = *q++;
			to = (uint8_t*)p;
			from = (const uint8_t*)q;
		}
	}
	while (size--)
		*to++ = *from++;
}

/* Both end at the same place of a word, or it goes byte by byte. */
static inline void downwards(uint8_t* to, const uint8_t* from, size_t size)
{
	to += size;
	from += size;
	if (size >= few && misaligned(to) == misaligned(from)) {
		while (misaligned(to)) {
			*--to = *--from;
			size--;
		}
		for (; size >= word; size -= word) {
			to -= word;
			from -= word;
			*(Word*)to = *(const Word*)from;
		}
	}
	while (size--)
		*--to = *--from;
}

void* memcpy(void* restrict to, const void* restrict from, size_t size)
{
	upwards(to, from, size);
	return to;
}

void* memmove(void* to, const void* from, size_t size)
{
	/* Upwards it may overlap: nothing is written that is still to be read. */
	if ((uintptr_t)to - (uintptr_t)from >= size)
		return memcpy(to, from, size);
	downwards(to, from, size);
	return to;
}

void* memset(void* to, int value, size_t size)
{
	uint8_t* p = to;
	if (size >= few) {
		Word four = (uint8_t)value * 0x01010101u;
		while (misaligned(p)) {
			*p++ = (uint8_t)value;
			size--;
		}
		Word* q = (Word*)p;
		for (; size >= 8 * word; size -= 8 * word, q += 8) {
			q[0] = four;
			q[1] = four;
			q[2] = four;
			q[3] = four;
			q[4] = four;
			q[5] = four;
			q[6] = four;
			q[7] = four;
		}
		for (; size >= word; size -= word)
			*q++ = four;
		p = (uint8_t*)q;
	}
	while (size--)
		*p++ = (uint8_t)value;
	return to;
}

int memcmp(const void* one, const void* other, size_t size)
{
	const uint8_t *a = one, *b = other;
	if (!misaligned(a) && !misaligned(b))
		for (; size >= word && *(const Word*)a == *(const Word*)b; size -= word) {
			a += word;
			b += word;
		}
	for (; size; size--, a++, b++)
		if (*a != *b)
			return *a - *b;
	return 0;
}

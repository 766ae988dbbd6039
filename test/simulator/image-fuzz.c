/*
 * Mutated images into the reader (hal/xs/image.c), sealed again (digest, CRC), so that only its own checks stand between
 * them and XS: whatever it accepts must lie inside of the image. Under AddressSanitizer; the image ends at its buffer's end.
 *
 *     image-fuzz IMAGE SEED ITERATIONS
 */
#include "digest.h"
#include "image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

/* splitmix64 */
static uint64_t next(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static void put(uint8_t* p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

/* A value that breaks things: near 0, near the size, near 2^32, a bit turned, anything. */
static uint32_t nasty(uint32_t former, uint32_t size)
{
	switch (next() % 6) {
	case 0: return (uint32_t)(next() % 5);
	case 1: return size - 8 + (uint32_t)(next() % 16);
	case 2: return 0xffffffff - (uint32_t)(next() % 300);
	case 3: return former ^ 1u << next() % 32;
	case 4: return former + (uint32_t)(next() % 9) - 4;
	default: return (uint32_t)next();
	}
}

static void mutate(uint8_t* image, uint32_t size)
{
	for (uint64_t n = 1 + next() % 3; n; n--) {
		/* Mostly where the tables are: header, sections, module table. */
		uint32_t at = (uint32_t)(next() % 4 ? 256 + next() % 600 : next() % size) & ~3u;
		uint32_t former;
		if (at + 4 > size)
			continue;
		memcpy(&former, image + at, 4);
		put(image + at, nasty(former, size));
	}
}

static unsigned touch(const uint8_t* p, uint32_t size)
{
	unsigned sum = 0;
	while (size--)
		sum += *p++;
	return sum;
}

static unsigned walk(const Image* image)
{
	unsigned sum = (unsigned)strlen(image->main) + (unsigned)strlen(image->board) + (unsigned)strlen(image->version);
	ImageCreation creation;
	imageCreation(image, &creation);
	for (uint32_t i = 0; i < image->moduleCount; i++) {
		ImageModule module;
		imageModule(image, i, &module);
		sum += (unsigned)strlen(module.name) + touch(module.symbols.data, module.symbols.size)
			+ touch(module.code.data, module.code.size);
	}
	Span span;
	if (image->data.size && imageData(image, "nothing", &span))
		sum += touch(span.data, span.size);
	return sum;
}

int main(int argc, char** argv)
{
	FILE* file = argc == 4 ? fopen(argv[1], "rb") : NULL;
	unsigned accepted = 0, sum = 0;
	if (!file || fseek(file, 0, SEEK_END))
		return 2;
	uint32_t size = (uint32_t)ftell(file);
	uint8_t* original = malloc(size);
	uint8_t* image = malloc(size);
	rewind(file);
	if (fread(original, 1, size, file) != size)
		return 2;
	state = strtoull(argv[2], NULL, 10);
	unsigned long iterations = strtoul(argv[3], NULL, 10);
	for (unsigned long i = 0; i < iterations; i++) {
		Image opened;
		memcpy(image, original, size);
		if (i)
			mutate(image, size);
		uint32_t body;
		memcpy(&body, image + 12, 4);
		if (body >= 256 && body <= size)
			sha256(image + 256, body - 256, image + 128);
		put(image + 252, crc32(image, 252));
		if (!imageOpen(&opened, image, size, NULL)) {
			accepted++;
			sum += walk(&opened);
		}
		else if (!i)
			return 3; /* not even the original is taken */
	}
	free(original);
	free(image);
	fclose(file);
	printf("%lu images, %u accepted, sum %u\n", iterations, accepted, sum);
	return 0;
}

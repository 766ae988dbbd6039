/* A firmware image as it lies in flash, see hal/IMAGE.md. Read in place: nothing is copied, nothing is allocated. */
#ifndef IMAGE_H
#define IMAGE_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
	const uint8_t* data;
	uint32_t size;
} Span;

typedef struct {
	const uint8_t* base;
	uint32_t size;
	uint32_t flags;
	char board[33];
	char version[33];
	Span creation, modules, data;
	Span code, rom, chip; /* an image for a chip has them: its program, what its image run made, what it needs */
	const char* main;
	uint32_t moduleCount, dataCount;
} Image;

enum { imageModulePreload = 1, imageDebugCode = 1 };

typedef struct {
	const char* name;
	Span symbols, code;
	uint32_t flags;
} ImageModule;

/* The creation record: sizes in bytes (chunks, parser, static) or slots. */
typedef struct {
	uint32_t initialChunk, incrementalChunk, initialHeap, incrementalHeap, stack, initialKeys, incrementalKeys;
	uint32_t nameModulo, symbolModulo, parserBuffer, parserTable, staticBytes, flags, reserved;
} ImageCreation;

/*
 * Check the image at `base` (at most `size` bytes) for `board` (NULL: any): header, CRC, digest, engine, and that each
 * section lies inside. Answers NULL, or what is wrong in words (a static buffer).
 */
const char* imageOpen(Image* image, const uint8_t* base, size_t size, const char* board);
/* The same without the digest, which takes the longest: for who knows that the boot loader has just verified these bytes. */
const char* imageOpenVerified(Image* image, const uint8_t* base, size_t size, const char* board);

void imageCreation(const Image* image, ImageCreation* creation);
/* `index` below moduleCount (dataCount): imageOpen has checked all of them. */
void imageModule(const Image* image, uint32_t index, ImageModule* module);
int imageData(const Image* image, const char* name, Span* span);

#endif

/* Reads and checks images: see image.h and hal/IMAGE.md. */
#include "image.h"
#include "bytes.h"
#include "digest.h"
#include "engine.h"
#include "image-header.h"

#include <stdio.h>
#include <string.h>

enum {
	sectionsMost = 16,
	modulesMost = 2048,
	moduleRecord = 28,
	dataRecord = 16,
	creationWords = 14,
	heapLeast = 64, /* the clone's own objects */
	stackLeast = 128,
	chunkLeast = 256,
	slotsMost = 1 << 22,
	bytesMost = 1 << 27
};

static char words[160];

#define WRONG(...) (snprintf(words, sizeof(words), __VA_ARGS__), words)

static int inside(const Image* image, uint32_t offset, uint32_t size)
{
	return offset >= imageHeaderSize && offset <= image->size && size <= image->size - offset;
}

/* What an image is for, and whether it's whole; not yet what is in it. */
static const char* checkHeader(Image* image, const uint8_t* base, size_t size, const char* board, ImageRead read)
{
	ImageHeader header;
	const char* wrong = imageHeaderRead(&header, base, (uint32_t)size, board);
	if (wrong)
		return wrong;
	image->base = base;
	image->size = header.size;
	image->flags = header.flags;
	memcpy(image->board, header.board, sizeof(image->board));
	memcpy(image->version, header.version, sizeof(image->version));
	if (strcmp(header.engine, ENGINE_NAME))
		return WRONG("the image is for engine \"%s\", this is \"%s\"", header.engine, ENGINE_NAME);
	if (memcmp(engineHash, header.engineHash, sizeof(engineHash)))
		return WRONG("the image was built for other native functions than this engine has: build it again");
	return read ? imageHeaderDigest(&header, read, image) : NULL;
}

static int readMapped(void* context, uint32_t offset, void* into, uint32_t size)
{
	memcpy(into, ((const Image*)context)->base + offset, size);
	return 0;
}

static const char* checkName(const Image* image, uint32_t offset, uint32_t size)
{
	/* `size` is without the NUL that follows. */
	if (!size || size >= image->size || !inside(image, offset, size + 1) || image->base[offset + size])
		return WRONG("the image is malformed: a name without an end");
	return NULL;
}

static const char* checkModules(Image* image)
{
	const uint8_t* p = image->modules.data;
	const char* wrong;
	/* A chip's image has its modules in its ROM. */
	if (!image->modules.data && image->code.size)
		return NULL;
	if (image->modules.size < 4)
		return WRONG("the image is malformed: no modules");
	image->moduleCount = u32(p);
	if (image->moduleCount > modulesMost || image->modules.size < 4 + image->moduleCount * moduleRecord)
		return WRONG("the image is malformed: %u modules", (unsigned)image->moduleCount);
	p += 4;
	for (uint32_t i = 0; i < image->moduleCount; i++, p += moduleRecord) {
		if ((wrong = checkName(image, u32(p), u32(p + 4))))
			return wrong;
		if (!inside(image, u32(p + 8), u32(p + 12)) || !inside(image, u32(p + 16), u32(p + 20)) || !u32(p + 20))
			return WRONG("the image is malformed: module \"%.64s\"", (const char*)image->base + u32(p));
	}
	return NULL;
}

static const char* checkData(Image* image)
{
	const uint8_t* p = image->data.data;
	const char* wrong;
	if (image->data.size < 4)
		return NULL;
	image->dataCount = u32(p);
	if (image->dataCount > modulesMost || image->data.size < 4 + image->dataCount * dataRecord)
		return WRONG("the image is malformed: %u resources", (unsigned)image->dataCount);
	p += 4;
	for (uint32_t i = 0; i < image->dataCount; i++, p += dataRecord) {
		if ((wrong = checkName(image, u32(p), u32(p + 4))))
			return wrong;
		if (!inside(image, u32(p + 8), u32(p + 12)))
			return WRONG("the image is malformed: resource \"%.64s\"", (const char*)image->base + u32(p));
	}
	return NULL;
}

static const char* checkSections(Image* image)
{
	const uint8_t* p = image->base + imageHeaderSize;
	uint32_t count = u32(p);
	if (count > sectionsMost || !inside(image, imageHeaderSize, 4 + count * 12))
		return WRONG("the image is malformed: %u sections", (unsigned)count);
	p += 4;
	for (uint32_t i = 0; i < count; i++, p += 12) {
		Span span = {image->base + u32(p + 4), u32(p + 8)};
		if (!inside(image, u32(p + 4), u32(p + 8)) || (u32(p + 4) & 3))
			return WRONG("the image is malformed: section \"%.4s\"", (const char*)p);
		if (!memcmp(p, "CREA", 4))
			image->creation = span;
		else if (!memcmp(p, "CODE", 4))
			image->code = span;
		else if (!memcmp(p, "ROM ", 4))
			image->rom = span;
		else if (!memcmp(p, "CHIP", 4))
			image->chip = span;
		else if (!memcmp(p, "MODS", 4))
			image->modules = span;
		else if (!memcmp(p, "DATA", 4))
			image->data = span;
		else if (!memcmp(p, "MAIN", 4)) {
			const char* wrong = checkName(image, u32(p + 4), u32(p + 8) - 1);
			if (wrong)
				return wrong;
			image->main = (const char*)span.data;
		}
	}
	if (image->creation.size < creationWords * 4 || !image->main)
		return WRONG("the image is malformed: no creation record or no main module");
	return NULL;
}

/* What XS would divide by, or take for granted. */
static const char* checkCreation(const Image* image)
{
	ImageCreation it;
	imageCreation(image, &it);
	if (!it.nameModulo || it.nameModulo > 65535 || !it.symbolModulo || it.symbolModulo > 65535)
		return WRONG("the creation record has a modulo of %u and %u", (unsigned)it.nameModulo, (unsigned)it.symbolModulo);
	if (it.initialHeap < heapLeast || it.stack < stackLeast || it.initialChunk < chunkLeast || !it.initialKeys)
		return WRONG("the creation record has less than %d slots, %d of stack or %d bytes of chunks, or no keys", heapLeast,
			stackLeast, chunkLeast);
	if (it.initialHeap > slotsMost || it.stack > slotsMost || it.incrementalHeap > slotsMost || it.initialChunk > bytesMost
		|| it.incrementalChunk > bytesMost || it.staticBytes > bytesMost || it.initialKeys > 65535
		|| it.incrementalKeys > 65535 - it.initialKeys)
		return WRONG("the creation record asks for more than a device can have");
	return NULL;
}

static const char* openWith(Image* image, const uint8_t* base, size_t size, const char* board, ImageRead read)
{
	const char* wrong;
	memset(image, 0, sizeof(*image));
	if ((wrong = checkHeader(image, base, size, board, read)))
		return wrong;
	if ((wrong = checkSections(image)))
		return wrong;
	if ((wrong = checkCreation(image)))
		return wrong;
	if ((wrong = checkModules(image)))
		return wrong;
	return checkData(image);
}

const char* imageOpen(Image* image, const uint8_t* base, size_t size, const char* board)
{
	return openWith(image, base, size, board, readMapped);
}

const char* imageOpenVerified(Image* image, const uint8_t* base, size_t size, const char* board)
{
	return openWith(image, base, size, board, NULL);
}

void imageCreation(const Image* image, ImageCreation* creation)
{
	uint32_t* word = &creation->initialChunk;
	for (int i = 0; i < creationWords; i++)
		word[i] = u32(image->creation.data + 4 * i);
}

void imageModule(const Image* image, uint32_t index, ImageModule* module)
{
	const uint8_t* p = image->modules.data + 4 + index * moduleRecord;
	module->name = (const char*)image->base + u32(p);
	module->symbols = (Span){image->base + u32(p + 8), u32(p + 12)};
	module->code = (Span){image->base + u32(p + 16), u32(p + 20)};
	module->flags = u32(p + 24);
}

int imageData(const Image* image, const char* name, Span* span)
{
	const uint8_t* p = image->data.data + 4;
	for (uint32_t i = 0; i < image->dataCount; i++, p += dataRecord) {
		if (!strcmp(name, (const char*)image->base + u32(p))) {
			*span = (Span){image->base + u32(p + 8), u32(p + 12)};
			return 1;
		}
	}
	return 0;
}

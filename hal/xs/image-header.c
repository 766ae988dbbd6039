/* Judges an image by its header: see image-header.h. */
#include "image-header.h"
#include "bytes.h"
#include "digest.h"

#include <stdio.h>
#include <string.h>

enum { imageMagic = 0x31584B4C, imageFormat = 1, imageFirmware = 1, pieceSize = 256 };

static char words[160];

#define WRONG(...) (snprintf(words, sizeof(words), __VA_ARGS__), words)

const char* imageHeaderRead(ImageHeader* header, const uint8_t h[imageHeaderSize], uint32_t room, const char* board)
{
	memset(header, 0, sizeof(*header));
	if (room < imageHeaderSize || u32(h) == 0xffffffff)
		return WRONG("no image: the partition is empty");
	if (u32(h) != imageMagic)
		return WRONG("no image: the first bytes are 0x%08x", (unsigned)u32(h));
	if (crc32(h, 252) != u32(h + 252))
		return WRONG("the image's header is damaged (CRC)");
	if (u16(h + 4) != imageFormat)
		return WRONG("the image has format %u, this boot knows %u", u16(h + 4), imageFormat);
	if (u16(h + 6) != imageFirmware)
		return WRONG("the image is of kind %u, not a firmware", u16(h + 6));
	header->size = u32(h + 12);
	header->signatureSize = u32(h + 160);
	header->flags = u32(h + 164);
	memcpy(header->board, h + 16, 32);
	memcpy(header->version, h + 48, 32);
	memcpy(header->engine, h + 80, 16);
	memcpy(header->engineHash, h + 96, 32);
	memcpy(header->digest, h + 128, 32);
	if (u32(h + 8) != imageHeaderSize || header->size < imageHeaderSize + 4 || header->size > room
		|| header->signatureSize > room - header->size)
		return WRONG("the image says %u bytes, the partition has %u", (unsigned)header->size, (unsigned)room);
	if (board && strcmp(board, header->board))
		return WRONG("the image is for board \"%s\", this is \"%s\"", header->board, board);
	return NULL;
}

const char* imageHeaderDigest(const ImageHeader* header, ImageRead read, void* context)
{
	uint8_t piece[pieceSize], digest[32];
	Sha256 sha;
	sha256Start(&sha);
	for (uint32_t at = imageHeaderSize, part; at < header->size; at += part) {
		part = header->size - at < pieceSize ? header->size - at : pieceSize;
		if (read(context, at, piece, part))
			return WRONG("the flash can't be read");
		sha256Update(&sha, piece, part);
	}
	sha256Finish(&sha, digest);
	return memcmp(digest, header->digest, 32) ? WRONG("the image is damaged (SHA-256)") : NULL;
}

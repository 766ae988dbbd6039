/*
 * The first 256 bytes of an image, see hal/IMAGE.md: what decides whether it may run here. Simulator, boot loader and
 * firmware judge by it; the bytes may come from memory or piece by piece from a flash that isn't mapped.
 */
#ifndef IMAGE_HEADER_H
#define IMAGE_HEADER_H

#include <stdint.h>

enum { imageHeaderSize = 256 };

typedef struct {
	uint32_t size; /* of header and body, without the signature block */
	uint32_t signatureSize;
	uint32_t flags;
	char board[33];
	char version[33];
	char engine[17];
	uint8_t engineHash[32];
	uint8_t digest[32]; /* SHA-256 of the body */
} ImageHeader;

/* Bytes of the image at `offset` into `into`; 0, or -1. */
typedef int (*ImageRead)(void* context, uint32_t offset, void* into, uint32_t size);

/*
 * Judge the header of a firmware for `board` (NULL: any) that lies in `room` bytes. Answers NULL, or what is wrong in words
 * (a static buffer). Whether the engine is the host's, and the digest, are asked for apart.
 */
const char* imageHeaderRead(ImageHeader* header, const uint8_t bytes[imageHeaderSize], uint32_t room, const char* board);
/* The same, and NULL only if the body has its digest, too. */
const char* imageHeaderDigest(const ImageHeader* header, ImageRead read, void* context);

#endif

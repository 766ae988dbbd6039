/* Frames of the loader's protocol on the second UART: hal/BURN.md, section 2. */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdint.h>

enum {
	frameStart = 0xB5,
	frameVersion = 1,
	frameHeader = 7,
	frameCrc = 4,
	framePayloadMost = 4096 + 16, /* a block to write with its offset, with room */
	answerPayloadMost = 1024,
	answerBit = 0x80
};

typedef struct {
	uint8_t version, type;
	uint16_t id;
	uint32_t size;
	const uint8_t* payload; /* until the next frameReceive */
} Frame;

typedef enum {
	frameNone,    /* none until that time */
	frameHere,
	frameForeign  /* the line's first byte is another owner's */
} FrameResult;

/* The next whole frame until `until` (µs of the clock); one that has begun by then is waited for. */
FrameResult frameReceive(Frame* frame, uint64_t until);
/* Where the answer's payload goes (answerPayloadMost bytes), and its sending. */
uint8_t* answerPayload(void);
void answerSend(const Frame* request, uint32_t size);

#endif

/* See frames.h. No length is believed that the buffer doesn't have; what makes no frame is passed over, byte by byte. */
#include "frames.h"
#include "../../xs/digest.h"
#include "../board.h"
#include "idle.h"

#include <string.h>

enum { versionsMost = 15, gap = 250000 /* µs of silence that end an unfinished frame */ };

static uint8_t received[frameHeader + framePayloadMost + frameCrc];
static uint32_t count; /* of bytes in it; the first one is a frame's start */
static uint32_t taken; /* of those, a frame that was handed out */
static uint8_t answer[frameHeader + answerPayloadMost + frameCrc];

static uint32_t u16(const uint8_t* p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t u32(const uint8_t* p)
{
	return u16(p) << 16 | u16(p + 2);
}

/* Drop so many bytes, and what follows up to the next one that may begin a frame. */
static void drop(uint32_t size)
{
	while (size < count && received[size] != frameStart)
		size++;
	count -= size;
	memmove(received, received + size, count);
}

/* 1: a whole frame is at the buffer's beginning. */
static int isWhole(void)
{
	for (; count; drop(1)) {
		if (count < 2)
			return 0;
		if (!received[1] || received[1] > versionsMost)
			continue;
		if (count < frameHeader)
			return 0;
		uint32_t size = u16(received + 5);
		if (size > framePayloadMost)
			continue;
		if (count < frameHeader + size + frameCrc)
			return 0;
		if (crc32(received + 1, frameHeader - 1 + size) == u32(received + frameHeader + size))
			return 1;
	}
	return 0;
}

static void handOut(Frame* frame)
{
	frame->version = received[1];
	frame->type = received[2];
	frame->id = (uint16_t)u16(received + 3);
	frame->size = u16(received + 5);
	frame->payload = received + frameHeader;
	taken = frameHeader + frame->size + frameCrc;
}

FrameResult frameReceive(Frame* frame, uint64_t until)
{
	static uint8_t isOurs; /* a frame came: what else comes is noise */
	if (taken)
		drop(taken);
	taken = 0;
	/* When the line fell silent; 0: it hasn't. The clock is dear, and asked only then. */
	uint64_t silent = 0;
	for (;;) {
		if (isWhole()) {
			handOut(frame);
			isOurs = 1;
			return frameHere;
		}
		int byte = uartReceive(1);
		if (byte >= 0) {
			silent = 0;
			if (count || byte == frameStart)
				received[count++] = (uint8_t)byte;
			else if (!isOurs && (byte == 0xA5 || byte == '<'))
				return frameForeign;
			continue;
		}
		uint64_t now = clockMicroseconds();
		if (!silent)
			silent = now;
		if (count && now - silent >= gap)
			drop(1);
		else if (!count && now >= until)
			return frameNone;
		else
			idle(count ? silent + gap : until);
	}
}

uint8_t* answerPayload(void)
{
	return answer + frameHeader;
}

void answerSend(const Frame* request, uint32_t size)
{
	answer[0] = frameStart;
	answer[1] = frameVersion;
	answer[2] = request->type | answerBit;
	answer[3] = (uint8_t)(request->id >> 8);
	answer[4] = (uint8_t)request->id;
	answer[5] = (uint8_t)(size >> 8);
	answer[6] = (uint8_t)size;
	uint32_t crc = crc32(answer + 1, frameHeader - 1 + size);
	for (int i = 0; i < frameCrc; i++)
		answer[frameHeader + size + i] = (uint8_t)(crc >> (24 - 8 * i));
	for (uint32_t i = 0; i < frameHeader + size + frameCrc; i++)
		uartSend(1, answer[i]);
}

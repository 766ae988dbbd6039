/*
 * The device's serial line as embedded:io/serial needs it of a platform: one, with one owner at a time. No JavaScript in here.
 */
#ifndef IO_LINE_H
#define IO_LINE_H

#include <stddef.h>
#include <stdint.h>

typedef struct Line Line;

typedef struct {
	void (*readable)(void* owner, size_t bytes);
	void (*writable)(void* owner, size_t bytes);
} LineEvents;

/* NULL with the reason in `wrong`: in use, nothing is connected, no memory. */
Line* lineOpen(uint32_t baud, const LineEvents* events, void* owner, const char** wrong);
size_t lineReadable(const Line* line);
/* Copy the first `bytes` of those, at most what's readable, and be done with them. */
void lineTake(Line* line, void* into, size_t bytes);
size_t lineRoom(const Line* line);
/* 0 if it doesn't fit: nothing is written then. */
int lineWrite(Line* line, const void* bytes, size_t size);
/* Throw away what waits. */
void lineDrop(Line* line, int input, int output);
/* No event comes any more; what was written is sent yet. From anywhere. */
void lineClose(Line* line);

#endif

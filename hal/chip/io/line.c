/* hal/xs/io/line.h over the second UART. Its receiver holds a few bytes: each turn they are put where more have place. */
#include "../../xs/io/line.h"

#include <string.h>

#include "../../xs/io/stream.h"
#include "../../xs/tasks.h"
#include "../loop.h"
#include "../uart-owner.h"
#include "line-poll.h"

#define RECEIVED 1024

struct Line {
	Task task;
	const LineEvents* events; /* NULL: nobody has it open */
	void* owner;
	size_t start, end; /* in `received` */
	size_t used;       /* written since `writable` was called last */
	uint8_t hasNews, announce;
	uint8_t received[RECEIVED];
};

static Line line;

static void lineTask(Task* task)
{
	if (line.events && line.hasNews && lineReadable(&line)) {
		line.hasNews = 0;
		line.events->readable(line.owner, lineReadable(&line));
	}
	if (line.events && line.announce) {
		line.announce = 0;
		line.used = 0;
		line.events->writable(line.owner, lineRoom(&line));
	}
}

uint32_t linePoll(void)
{
	if (!line.events) {
		/* Nobody listens; the UART would wake the device for as long as it has them. */
		while (uartTake(uartSerial) >= 0)
			;
		return pollNever;
	}
	if (line.start) {
		memmove(line.received, line.received + line.start, lineReadable(&line));
		line.end -= line.start;
		line.start = 0;
	}
	/* What finds no place waits in the UART, and then at the other end. */
	for (int byte; line.end < RECEIVED && (byte = uartTake(uartSerial)) >= 0;) {
		line.received[line.end++] = (uint8_t)byte;
		line.hasNews = 1;
	}
	if (line.hasNews)
		taskPost(&line.task);
	return pollNever;
}

Line* lineOpen(uint32_t baud, const LineEvents* events, void* owner, const char** wrong)
{
	if (line.events) {
		*wrong = "in use";
		return NULL;
	}
	if (uartDebugger == uartOwner()) {
		*wrong = "the debugger has it";
		return NULL;
	}
	line = (Line){.task = {.run = lineTask}, .events = events, .owner = owner, .announce = 1};
	taskPost(&line.task);
	return &line;
}

size_t lineReadable(const Line* it)
{
	return it->end - it->start;
}

void lineTake(Line* it, void* into, size_t bytes)
{
	memcpy(into, it->received + it->start, bytes);
	it->start += bytes;
}

/* All is sent at once: a write fits whatever was written before. */
size_t lineRoom(const Line* it)
{
	return STREAM_SIZE;
}

int lineWrite(Line* it, const void* bytes, size_t size)
{
	const uint8_t* from = bytes;
	int fits = size <= lineRoom(it);
	if (fits) {
		for (size_t i = 0; i < size; i++)
			uartPut(uartSerial, from[i]);
		it->used += size;
	}
	/* Others get their turn before more is. */
	if (!fits || it->used >= STREAM_SIZE / 4) {
		it->announce = 1;
		taskPost(&it->task);
	}
	return fits;
}

void lineDrop(Line* it, int input, int output)
{
	if (!input)
		return;
	it->start = it->end = 0;
	while (uartTake(uartSerial) >= 0)
		;
}

void lineClose(Line* it)
{
	taskCancel(&it->task);
	it->events = NULL;
}

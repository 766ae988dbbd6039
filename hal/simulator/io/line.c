/* hal/xs/io/line.h: the supervisor's end of the second UART (a pty or a TCP port, `--serial`), as a stream. */
#include "../../xs/io/line.h"

#include <fcntl.h>

#include "../../xs/memory.h"
#include "../options.h"
#include "stream-parts.h"

struct Line {
	Stream* stream;
	const LineEvents* events;
	void* owner;
};

static Line line;

static void onReadable(Stream* stream, void* owner, size_t bytes)
{
	line.events->readable(line.owner, bytes);
}

static void onWritable(Stream* stream, void* owner, size_t bytes)
{
	line.events->writable(line.owner, bytes);
}

/* A wire has no end: only the supervisor's death ends it, and that is the device's, too. */
static void onEnded(Stream* stream, void* owner, StreamEnd end, const char* detail)
{
}

Line* lineOpen(uint32_t baud, const LineEvents* events, void* owner, const char** wrong)
{
	static const StreamEvents ofStream = { onReadable, onWritable, onEnded };
	*wrong = uartFd < 0 ? "nothing is connected (--serial)" : line.stream ? "in use" : NULL;
	if (*wrong)
		return NULL;
	Stream* stream = streamNew(&ofStream, &line);
	int fd = stream ? fcntl(uartFd, F_DUPFD_CLOEXEC, 0) : -1;
	if (fd < 0) {
		if (stream)
			streamClose(stream);
		*wrong = "no memory";
		return NULL;
	}
	line = (Line){ stream, events, owner };
	streamAttach(stream, fd, NULL);
	return &line;
}

size_t lineReadable(const Line* it)
{
	return streamReadable(it->stream);
}

void lineTake(Line* it, void* into, size_t bytes)
{
	streamTake(it->stream, into, bytes);
}

size_t lineRoom(const Line* it)
{
	return streamRoom(it->stream);
}

int lineWrite(Line* it, const void* bytes, size_t size)
{
	return streamWrite(it->stream, bytes, size);
}

void lineDrop(Line* it, int input, int output)
{
	streamDrop(it->stream, input, output);
}

void lineClose(Line* it)
{
	streamClose(it->stream);
	it->stream = NULL;
}

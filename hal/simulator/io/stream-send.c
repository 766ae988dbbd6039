/* A stream's outgoing half. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../../xs/memory.h"
#include "stream-parts.h"

size_t streamPending(const Stream* stream)
{
	return stream->outEnd - stream->outStart;
}

void streamFail(Stream* stream, int error)
{
	stream->outStart = stream->outEnd = 0;
	stream->error = error;
	taskPost(&stream->task);
}

/* How many bytes the kernel took; an error is noted and takes them all. */
static size_t give(Stream* stream, const uint8_t* bytes, size_t size)
{
	size_t sent = 0;
	while (sent < size) {
		ssize_t count = write(stream->watch.fd, bytes + sent, size - sent);
		if (count >= 0) {
			sent += (size_t)count;
			continue;
		}
		if (EINTR == errno)
			continue;
		if (EAGAIN == errno)
			return sent;
		streamFail(stream, errno);
		return size;
	}
	return sent;
}

void streamFlush(Stream* stream)
{
	if (!streamPending(stream))
		return;
	stream->outStart += give(stream, stream->out + stream->outStart, streamPending(stream));
	if (stream->outStart >= stream->outEnd)
		stream->outStart = stream->outEnd = 0;
}

size_t streamRoom(const Stream* stream)
{
	return STREAM_SIZE - streamPending(stream);
}

/* Keep what the kernel didn't take behind what it didn't take before. */
static void hold(Stream* stream, const uint8_t* bytes, size_t size)
{
	if (!stream->out && !(stream->out = hostAllocate(STREAM_SIZE))) {
		streamFail(stream, ENOMEM);
		return;
	}
	if (stream->outStart) {
		memmove(stream->out, stream->out + stream->outStart, streamPending(stream));
		stream->outEnd = streamPending(stream);
		stream->outStart = 0;
	}
	memcpy(stream->out + stream->outEnd, bytes, size);
	stream->outEnd += size;
	stream->announce = 1;
}

int streamWrite(Stream* stream, const void* bytes, size_t size)
{
	if (size > streamRoom(stream)) {
		stream->announce = 1;
		return 0;
	}
	if (streamOpen != stream->state || stream->error)
		return 1;
	size_t sent = streamPending(stream) ? 0 : give(stream, bytes, size);
	if (sent < size)
		hold(stream, (const uint8_t*)bytes + sent, size - sent);
	stream->used += size;
	/*
	 * Whoever subtracts what it writes from what `writable` said must not run dry, so it's told anew; every time would
	 * be a call of JavaScript for every small message.
	 */
	if (stream->used >= STREAM_SIZE / 4 && !streamPending(stream)) {
		stream->announce = 1;
		taskPost(&stream->task);
	}
	return 1;
}

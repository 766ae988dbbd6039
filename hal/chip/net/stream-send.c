/* A stream's outgoing half. lwIP keeps what it sends until it's acknowledged, and what it finds no memory for is held here. */
#include <string.h>

#include "../../xs/memory.h"
#include "net-parts.h"
#include "stream-parts.h"

/* What is taken: all that may have been told. */
static size_t mostRoom(const Stream* stream)
{
	if (!stream->pcb || streamOpen != stream->state)
		return STREAM_SIZE;
	size_t room = tcp_sndbuf(stream->pcb);
	return room > stream->heldSize ? room - stream->heldSize : 0;
}

size_t streamRoom(const Stream* stream)
{
	return stream->heldSize ? 0 : mostRoom(stream);
}

/* How many bytes lwIP took. */
static size_t give(Stream* stream, const uint8_t* bytes, size_t size)
{
	size_t sent = 0;
	while (sent < size) {
		size_t piece = size - sent < TCP_MSS ? size - sent : TCP_MSS;
		if (netHeapFree() < NET_HEAP_SEND + piece || tcp_write(stream->pcb, bytes + sent, (u16_t)piece, TCP_WRITE_FLAG_COPY))
			break;
		sent += piece;
	}
	if (sent)
		tcp_output(stream->pcb);
	return sent;
}

void streamFlush(Stream* stream)
{
	if (!stream->pcb || !stream->heldSize)
		return;
	size_t sent = give(stream, stream->held, stream->heldSize);
	stream->heldSize -= sent;
	memmove(stream->held, stream->held + sent, stream->heldSize);
	if (stream->heldSize)
		return;
	hostFree(stream->held);
	stream->held = NULL;
}

static void hold(Stream* stream, const uint8_t* bytes, size_t size)
{
	uint8_t* all = hostAllocate(stream->heldSize + size);
	if (!all) {
		streamFail(stream, endSystem, "no memory");
		return;
	}
	if (stream->heldSize)
		memcpy(all, stream->held, stream->heldSize);
	memcpy(all + stream->heldSize, bytes, size);
	hostFree(stream->held);
	stream->held = all;
	stream->heldSize += size;
	stream->announce = 1;
}

int streamWrite(Stream* stream, const void* bytes, size_t size)
{
	if (size > mostRoom(stream)) {
		stream->announce = 1;
		return 0;
	}
	/* What is written after the end is lost, as on any connection that broke without our knowing yet. */
	if (!stream->pcb || streamOpen != stream->state)
		return 1;
	size_t sent = stream->heldSize ? 0 : give(stream, bytes, size);
	if (sent < size)
		hold(stream, (const uint8_t*)bytes + sent, size - sent);
	stream->used += size;
	if (stream->used >= STREAM_SIZE / 4) {
		stream->announce = 1;
		taskPost(&stream->task);
	}
	return 1;
}

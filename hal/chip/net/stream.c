/* hal/xs/io/stream.h over lwIP: a stream's life and its events. What lwIP tells is noted, and told on by a task. */
#include "stream-parts.h"

#include <string.h>

#include "../../xs/memory.h"
#include "net.h"
#include "net-parts.h"

/* Pieces of memory that unread bytes lie in, before they are put into one. */
#define PIECES_MOST 8

static void streamFree(void* stream)
{
	hostFree(stream);
}

/* ---- What lwIP tells ---- */

static void keep(Stream* stream, struct pbuf* piece)
{
	stream->readable += piece->tot_len;
	if (!stream->received)
		stream->received = piece;
	else
		pbuf_cat(stream->received, piece);
	/* Each has its headers with it: many small ones would take more memory than their bytes. */
	if (pbuf_clen(stream->received) > PIECES_MOST)
		stream->received = pbuf_coalesce(stream->received, PBUF_RAW);
}

static err_t onReceived(void* data, struct tcp_pcb* pcb, struct pbuf* piece, err_t error)
{
	Stream* stream = data;
	if (piece) {
		stream->hasNews = 1;
		keep(stream, piece);
	} else
		stream->atEnd = 1;
	taskPost(&stream->task);
	return ERR_OK;
}

static err_t onSent(void* data, struct tcp_pcb* pcb, u16_t bytes)
{
	Stream* stream = data;
	if (stream->announce)
		taskPost(&stream->task);
	return ERR_OK;
}

/* Once a second or so: memory that wasn't there may be now. */
static err_t onPoll(void* data, struct tcp_pcb* pcb)
{
	return onSent(data, pcb, 0);
}

/* The pcb is gone. */
static void onError(void* data, err_t error)
{
	Stream* stream = data;
	stream->pcb = NULL;
	if (streamConnecting == stream->state) {
		streamRefused(stream, error);
		return;
	}
	streamFail(stream, ERR_ABRT == error && netUp() ? endTimeout : endReset, netWord(error));
}

void streamListen(Stream* stream, struct tcp_pcb* pcb)
{
	stream->pcb = pcb;
	tcp_arg(pcb, stream);
	tcp_recv(pcb, onReceived);
	tcp_sent(pcb, onSent);
	tcp_poll(pcb, onPoll, 2);
	tcp_err(pcb, onError);
	if (stream->nodelay)
		tcp_nagle_disable(pcb);
}

void streamFail(Stream* stream, StreamEnd end, const char* detail)
{
	stream->state = streamEnded;
	stream->fate = (uint8_t)end;
	stream->detail = detail;
	taskPost(&stream->task);
}

/* ---- What we tell ---- */

static void tellEnd(Stream* stream, StreamEnd end)
{
	if (stream->end)
		return;
	stream->end = (uint8_t)end;
	stream->events->ended(stream, stream->owner, end, stream->detail ? stream->detail : "");
}

static int isOpen(const Stream* stream)
{
	return streamOpen == stream->state;
}

/* Who subtracts what it writes from what it was told must not run dry, but not be told for every small message either. */
static void tellRoom(Stream* stream)
{
	size_t room = streamRoom(stream);
	if (room < STREAM_SIZE / 2)
		return;
	stream->announce = 0;
	stream->used = 0;
	stream->events->writable(stream, stream->owner, room);
}

static void streamTask(Task* task)
{
	Stream* stream = (Stream*)((char*)task - offsetof(Stream, task));
	if (!stream->events)
		return; /* it still waits at its listener */
	if (stream->again) {
		stream->again = 0;
		if (stream->end) {
			stream->events->ended(stream, stream->owner, stream->end, stream->detail ? stream->detail : "");
			return;
		}
		stream->hasNews = stream->readable != 0;
	}
	if (stream->hasNews && stream->readable) {
		stream->hasNews = 0;
		stream->events->readable(stream, stream->owner, stream->readable);
	}
	if (isOpen(stream) && stream->announce)
		tellRoom(stream);
	if (streamEnded == stream->state && stream->fate)
		tellEnd(stream, stream->fate);
	else if (isOpen(stream) && stream->atEnd && !stream->readable)
		tellEnd(stream, endClosed);
}

/* ---- Life ---- */

Stream* streamNew(const StreamEvents* events, void* owner)
{
	Stream* stream = hostAllocate(sizeof *stream);
	if (!stream)
		return NULL;
	stream->task.run = streamTask;
	stream->events = events;
	stream->owner = owner;
	return stream;
}

void streamOpened(Stream* stream)
{
	stream->state = streamOpen;
	stream->wasOpen = 1;
	stream->announce = 1;
	taskPost(&stream->task);
}

void streamNodelay(Stream* stream)
{
	stream->nodelay = 1;
	if (stream->pcb)
		tcp_nagle_disable(stream->pcb);
}

void streamHandOver(Stream* stream, void* owner)
{
	stream->owner = owner;
	stream->again = 1;
	if (isOpen(stream))
		stream->announce = 1;
	taskPost(&stream->task);
}

int streamIsConnecting(const Stream* stream)
{
	return streamResolving == stream->state || streamConnecting == stream->state;
}

const Address* streamPeer(const Stream* stream)
{
	return stream->wasOpen ? &stream->peer : NULL;
}

static void forget(struct tcp_pcb* pcb)
{
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
	tcp_err(pcb, NULL);
}

void streamClose(Stream* stream)
{
	struct tcp_pcb* pcb = stream->pcb;
	streamStopConnecting(stream);
	stream->state = streamClosed;
	stream->pcb = NULL;
	if (pcb) {
		forget(pcb);
		/* What nobody read would make it a reset, and the peer lose what it was sent last. */
		if (stream->readable)
			tcp_recved(pcb, (u16_t)stream->readable);
		if (tcp_close(pcb))
			tcp_abort(pcb);
	}
	if (stream->received)
		pbuf_free(stream->received);
	stream->received = NULL;
	taskCancel(&stream->task);
	taskDefer(streamFree, stream);
}

/* ---- Reading ---- */

size_t streamReadable(const Stream* stream)
{
	return stream->readable;
}

void streamTake(Stream* stream, void* into, size_t bytes)
{
	pbuf_copy_partial(stream->received, into, (u16_t)bytes, 0);
	stream->received = pbuf_free_header(stream->received, (u16_t)bytes);
	stream->readable -= bytes;
	if (stream->pcb)
		tcp_recved(stream->pcb, (u16_t)bytes);
	if (stream->atEnd && !stream->readable)
		taskPost(&stream->task);
}

/* ---- Writing ---- */

size_t streamRoom(const Stream* stream)
{
	const struct tcp_pcb* pcb = stream->pcb;
	if (!pcb || !isOpen(stream))
		return STREAM_SIZE;
	size_t room = tcp_sndbuf(pcb), pieces = TCP_SND_QUEUELEN - tcp_sndqueuelen(pcb);
	if (pieces < STREAM_SIZE / TCP_MSS + 2)
		return 0;
	/* A piece has 60 to 100 bytes of headers and its segment with it. */
	uint32_t left = netHeapFree();
	size_t most = left > 512 ? (left - 512) / (TCP_MSS + 128) * TCP_MSS : 0;
	return room < most ? room : most;
}

int streamWrite(Stream* stream, const void* bytes, size_t size)
{
	if (size > streamRoom(stream)) {
		stream->announce = 1;
		return 0;
	}
	/* What is written after the end is lost, as on any connection that broke without our knowing yet. */
	if (!stream->pcb || !isOpen(stream))
		return 1;
	err_t error = size ? tcp_write(stream->pcb, bytes, (u16_t)size, TCP_WRITE_FLAG_COPY) : ERR_OK;
	if (error) {
		stream->announce = 1;
		return 0;
	}
	tcp_output(stream->pcb);
	stream->used += size;
	if (stream->used >= STREAM_SIZE / 4) {
		stream->announce = 1;
		taskPost(&stream->task);
	}
	return 1;
}

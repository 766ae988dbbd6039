/* hal/xs/io/stream.h over lwIP: a stream's life and its events. What lwIP tells is noted, and told on by a task. */
#include "stream-parts.h"

#include <string.h>

#include "../../xs/memory.h"
#include "net.h"
#include "net-parts.h"

/* Pieces of memory that unread bytes lie in, before they are put into one. */
#define PIECES_MOST 8

static void streamFree(void* data)
{
	Stream* stream = data;
	hostFree(stream->held);
	hostFree(stream);
}

static void forget(struct tcp_pcb* pcb)
{
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
	tcp_err(pcb, NULL);
}

static void dropReceived(Stream* stream)
{
	size_t owed = stream->owed + stream->readable;
	if (stream->pcb && stream->wasOpen && owed)
		tcp_recved(stream->pcb, (u16_t)owed);
	stream->owed = 0;
	if (stream->received)
		pbuf_free(stream->received);
	stream->received = NULL;
	stream->readable = 0;
}

static void finish(Stream* stream)
{
	struct tcp_pcb* pcb = stream->pcb;
	/* What nobody read would make it a reset, and the peer lose what it was sent last. */
	dropReceived(stream);
	stream->state = streamClosed;
	stream->pcb = NULL;
	if (pcb) {
		forget(pcb);
		if (tcp_close(pcb))
			tcp_abort(pcb);
	}
	taskCancel(&stream->task);
	taskDefer(streamFree, stream);
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
	if (piece && streamLingering == stream->state) {
		tcp_recved(pcb, piece->tot_len);
		pbuf_free(piece);
		return ERR_OK;
	}
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
	streamFlush(stream);
	if (stream->announce || streamLingering == stream->state)
		taskPost(&stream->task);
	return ERR_OK;
}

/* Every half second: memory that wasn't there may be now. */
static err_t onPoll(void* data, struct tcp_pcb* pcb)
{
	return onSent(data, pcb, 0);
}

/* The pcb is gone. */
static void onError(void* data, err_t error)
{
	Stream* stream = data;
	stream->pcb = NULL;
	stream->heldSize = 0;
	if (streamLingering == stream->state) {
		taskPost(&stream->task);
		return;
	}
	if (streamConnecting == stream->state) {
		streamRefused(stream, error);
		return;
	}
	streamFail(stream, netGaveUp() ? endTimeout : endReset, netWord(error));
}

/* Widen the window by what was read, as far as the connection's share goes. */
static void credit(Stream* stream)
{
	struct tcp_pcb* pcb = stream->pcb;
	if (!pcb || !stream->owed || !stream->wasOpen)
		return;
	/* What may still come, and what has and waits. */
	size_t has = pcb->rcv_wnd + stream->readable, share = netShare();
	size_t more = share > has ? share - has : 0;
	if (more > stream->owed)
		more = stream->owed;
	if (!more)
		return;
	stream->owed -= more;
	tcp_recved(pcb, (u16_t)more);
}

void streamGoOn(struct tcp_pcb* pcb)
{
	Stream* stream = pcb->callback_arg;
	if (pcb->recv != onReceived)
		return;
	credit(stream);
	if (!stream->heldSize)
		return;
	streamFlush(stream);
	if (!stream->heldSize)
		taskPost(&stream->task);
}

void streamLimit(struct tcp_pcb* pcb)
{
	pcb->rcv_wnd = pcb->rcv_ann_wnd = (u16_t)netShare();
}

void streamListen(Stream* stream, struct tcp_pcb* pcb)
{
	stream->pcb = pcb;
	tcp_arg(pcb, stream);
	tcp_recv(pcb, onReceived);
	tcp_sent(pcb, onSent);
	tcp_poll(pcb, onPoll, 1);
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
	if (streamLingering == stream->state && !stream->heldSize) {
		finish(stream);
		return;
	}
	if (!stream->events)
		return; /* it still waits at its listener, or to have sent all */
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

void streamClose(Stream* stream)
{
	streamStopConnecting(stream);
	if (stream->pcb && stream->heldSize) {
		dropReceived(stream);
		stream->state = streamLingering;
		stream->events = NULL;
		return;
	}
	finish(stream);
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
	stream->owed += bytes;
	credit(stream);
	if (stream->atEnd && !stream->readable)
		taskPost(&stream->task);
}

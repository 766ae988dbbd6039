/* A stream's life, its events and its incoming half. */
#include "stream-parts.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../xs/memory.h"
#include "../station.h"

/* Reads in a row before others get their turn. */
#define READS_A_TURN 8

/* More than a receive buffer holds. */
#define DISCARD_MOST (1 << 24)

static uint8_t received[STREAM_SIZE];

static Stream* all;

static Stream* ofTask(Task* task)
{
	return (Stream*)((char*)task - offsetof(Stream, task));
}

static void streamFree(void* data)
{
	Stream* stream = data;
	hostFree(stream->kept);
	hostFree(stream->out);
	hostFree(stream);
}

void streamRelease(Stream* stream)
{
	if (stream->watch.fd < 0)
		return;
	loopRemove(&stream->watch);
	struct linger now = {.l_onoff = 1};
	if (stream->isCut)
		setsockopt(stream->watch.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	/* What nobody read would make close() a reset, and the peer lose what it was sent last. */
	else if (stream->wasOpen && stream->isNetwork)
		recv(stream->watch.fd, NULL, DISCARD_MOST, MSG_TRUNC | MSG_DONTWAIT);
	close(stream->watch.fd);
	stream->watch.fd = -1;
}

static void finish(Stream* stream)
{
	stream->state = streamClosed;
	if (stream->next)
		stream->next->previous = stream->previous;
	if (stream->previous)
		stream->previous->next = stream->next;
	else
		all = stream->next;
	streamRelease(stream);
	taskCancel(&stream->task);
	taskDefer(streamFree, stream);
}

void streamEnd(Stream* stream, StreamEnd end, const char* detail)
{
	if (endClosed != end) {
		stream->state = streamEnded;
		streamRelease(stream);
	}
	if (stream->end)
		return;
	stream->end = (uint8_t)end;
	stream->detail = detail;
	stream->events->ended(stream, stream->owner, end, detail);
}

static StreamEnd endOf(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return endRefused;
	case ECONNRESET:
	case ECONNABORTED:
	case EPIPE:
		return endReset;
	case ETIMEDOUT:
		return endTimeout;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case EADDRNOTAVAIL:
	case EAFNOSUPPORT:
		return endUnreachable;
	default:
		return endSystem;
	}
}

void streamEndErrno(Stream* stream, int error)
{
	streamEnd(stream, endOf(error), strerror(error));
}

/* ---- Receiving ---- */

/* Where the next bytes go: behind those that wait, else into the shared buffer. */
static size_t space(Stream* stream, uint8_t** into)
{
	size_t waiting = stream->inEnd - stream->inStart;
	if (!waiting) {
		stream->in = received;
		stream->inStart = stream->inEnd = 0;
	} else if (stream->inStart) {
		memmove(stream->in, stream->in + stream->inStart, waiting);
		stream->inStart = 0;
		stream->inEnd = waiting;
	}
	*into = stream->in + stream->inEnd;
	return STREAM_SIZE - stream->inEnd;
}

/* What the owner left in the shared buffer moves to one of its own; 0 when there's no memory. */
static int keep(Stream* stream)
{
	if (received != stream->in)
		return 1;
	size_t waiting = stream->inEnd - stream->inStart;
	if (waiting) {
		if (!stream->kept && !(stream->kept = hostAllocate(STREAM_SIZE)))
			return 0;
		memcpy(stream->kept, received + stream->inStart, waiting);
	}
	stream->in = stream->kept;
	stream->inStart = 0;
	stream->inEnd = waiting;
	return 1;
}

/* One read and its event; 0 when there's nothing more to read now. */
static int fillOnce(Stream* stream)
{
	uint8_t* into;
	size_t size = space(stream, &into);
	if (!size) {
		stream->more = 1;
		return 0;
	}
	ssize_t count;
	do
		count = read(stream->watch.fd, into, size);
	while (count < 0 && EINTR == errno);
	if (count <= 0) {
		int error = errno;
		stream->more = 0;
		/* A terminal whose other side went reads EIO. */
		if (!count || (stream->isTerminal && EIO == error))
			stream->atEnd = 1;
		else if (EAGAIN != error)
			streamEndErrno(stream, error);
		return 0;
	}
	stream->inEnd += (size_t)count;
	stream->more = (size_t)count == size || stream->isTerminal;
	stream->filling = 1;
	stream->events->readable(stream, stream->owner, streamReadable(stream));
	stream->filling = 0;
	if (streamClosed == stream->state || streamLingering == stream->state)
		return 0;
	if (!keep(stream)) {
		streamEndErrno(stream, ENOMEM);
		return 0;
	}
	return stream->more || stream->hungUp;
}

static void fill(Stream* stream)
{
	int reads = 0;
	while (streamOpen == stream->state && fillOnce(stream)) {
		if (++reads == READS_A_TURN) {
			stream->more = 1;
			taskPost(&stream->task);
			return;
		}
	}
	if (streamOpen == stream->state && stream->atEnd && !streamReadable(stream))
		streamEnd(stream, endClosed, "");
}

size_t streamReadable(const Stream* stream)
{
	return stream->inEnd - stream->inStart;
}

void streamTake(Stream* stream, void* into, size_t bytes)
{
	memcpy(into, stream->in + stream->inStart, bytes);
	stream->inStart += bytes;
	if ((stream->more || stream->atEnd) && !stream->filling && streamOpen == stream->state)
		taskPost(&stream->task);
}

static void announce(Stream* stream)
{
	stream->announce = 0;
	stream->used = 0;
	stream->events->writable(stream, stream->owner, streamRoom(stream));
}

void streamDrop(Stream* stream, int input, int output)
{
	if (output && streamPending(stream)) {
		stream->outStart = stream->outEnd = 0;
		taskPost(&stream->task);
	}
	if (!input || streamOpen != stream->state)
		return;
	stream->inStart = stream->inEnd;
	/* Also what the kernel has; its end, if that's what comes, shows again. */
	uint8_t nobody[256];
	while (read(stream->watch.fd, nobody, sizeof nobody) > 0)
		;
}

/* ---- Events ---- */

static void streamReady(Watch* watch, uint32_t events)
{
	Stream* stream = (Stream*)watch;
	if (stream->isCut)
		return;
	if (streamConnecting == stream->state) {
		if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
			return;
		streamConnected(stream);
	}
	if (events & EPOLLOUT)
		streamFlush(stream);
	if (streamLingering == stream->state) {
		if (!streamPending(stream) || events & (EPOLLERR | EPOLLHUP))
			finish(stream);
		return;
	}
	if (streamOpen == stream->state && stream->announce && !streamPending(stream) && !stream->error)
		announce(stream);
	if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		stream->hungUp = 1;
	if (streamOpen == stream->state && events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
		fill(stream);
}

static void streamTask(Task* task)
{
	Stream* stream = ofTask(task);
	if (stream->error) {
		/* of a write, or of a connect that failed at once */
		if (streamLingering == stream->state)
			finish(stream);
		else
			streamEndErrno(stream, stream->error);
		return;
	}
	if (stream->again) {
		stream->again = 0;
		if (stream->end)
			stream->events->ended(stream, stream->owner, stream->end, stream->detail);
		else if (streamReadable(stream))
			stream->events->readable(stream, stream->owner, streamReadable(stream));
	}
	if (streamOpen == stream->state && stream->announce && !streamPending(stream))
		announce(stream);
	if (streamOpen == stream->state && stream->more)
		fill(stream);
	else if (streamOpen == stream->state && stream->atEnd && !streamReadable(stream))
		streamEnd(stream, endClosed, "");
}

/* ---- Life ---- */

/* Told from the loop, as what cuts may be called from anywhere. */
static void cut(Stream* stream, int error)
{
	stream->isCut = 1;
	streamDropResolve(stream);
	streamFail(stream, error);
}

void streamsCut(void)
{
	for (Stream* stream = all; stream; stream = stream->next)
		switch (stream->state) {
		case streamResolving:
		case streamConnecting:
			cut(stream, ENETUNREACH);
			break;
		case streamOpen:
		case streamLingering:
			if (stream->isNetwork)
				cut(stream, ECONNABORTED);
		}
}

Stream* streamNew(const StreamEvents* events, void* owner)
{
	Stream* stream = hostAllocate(sizeof *stream);
	if (!stream)
		return NULL;
	/* write() to a connection that's gone is an error code like any other. */
	signal(SIGPIPE, SIG_IGN);
	stream->watch.fd = -1;
	stream->watch.ready = streamReady;
	stream->task.run = streamTask;
	stream->events = events;
	stream->owner = owner;
	stream->next = all;
	if (all)
		all->previous = stream;
	all = stream;
	return stream;
}

void streamAttach(Stream* stream, int fd, const Address* peer)
{
	stream->state = streamOpen;
	stream->wasOpen = 1;
	stream->announce = 1;
	stream->isNetwork = peer != NULL;
	if (peer)
		stream->peer = *peer;
	else
		stream->isTerminal = isatty(fd) & 1;
	stream->watch.fd = fd;
	loopAdd(&stream->watch, STREAM_EVENTS);
	/* It has waited at its listener for too long. */
	if (peer && !networkUp())
		cut(stream, ECONNABORTED);
}

void streamHandOver(Stream* stream, void* owner)
{
	stream->owner = owner;
	stream->again = 1;
	if (streamOpen == stream->state)
		stream->announce = 1;
	taskPost(&stream->task);
}

void streamNodelay(Stream* stream)
{
	int one = 1;
	stream->nodelay = 1;
	if (stream->watch.fd >= 0)
		setsockopt(stream->watch.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
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
	if (streamOpen == stream->state && streamPending(stream) && !stream->error) {
		stream->state = streamLingering;
		stream->owner = NULL;
		return;
	}
	streamDropResolve(stream);
	stream->owner = NULL;
	finish(stream);
}

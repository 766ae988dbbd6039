#include "stream.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../../xs/memory.h"

/* All that a stream's life needs: readiness of both directions and the peer's end, told once each time it begins. */
#define EVENTS (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)

/* Reads in a row before others get their turn. */
#define READS_A_TURN 8

/* SYNs sent before the next address is tried: 1 + 2 + 4 s; the last address has the system's own patience (127 s). */
#define SYN_COUNT 2

static uint8_t received[STREAM_SIZE];

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

static void release(Stream* stream)
{
	if (stream->watch.fd < 0)
		return;
	loopRemove(&stream->watch);
	close(stream->watch.fd);
	stream->watch.fd = -1;
}

static void finish(Stream* stream)
{
	stream->state = streamClosed;
	release(stream);
	loopCancel(&stream->task);
	loopDefer(streamFree, stream);
}

static void end(Stream* stream, EndKind kind, int error)
{
	if (endClosed != kind) {
		stream->state = streamEnded;
		release(stream);
	}
	if (stream->told)
		return;
	stream->told = 1;
	stream->endKind = kind;
	stream->error = error;
	stream->events->ended(stream);
}

/* ---- Connecting ---- */

static int openSocket(Stream* stream, const Address* address, int isLast)
{
	int fd = socket(address->to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (fd < 0)
		return -1;
	int one = 1, count = SYN_COUNT;
	if (stream->nodelay)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (!isLast)
		setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &count, sizeof count);
	if (connect(fd, &address->to.any, address->length) && EINPROGRESS != errno) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/* The next address to try, NULL when there's none left: the resolver's, or the one that was given. */
static const Address* nextAddress(Stream* stream, int* isLast)
{
	int count = stream->resolve ? stream->resolve->count : 1;
	if (stream->tried >= count)
		return NULL;
	int index = stream->tried++;
	*isLast = stream->tried == count;
	return stream->resolve ? &stream->resolve->found[index] : &stream->peer;
}

/* Begin with the next address that lets us; 0 when there's none left: then `error` is the last one's. */
static int connectNext(Stream* stream)
{
	int isLast;
	for (const Address* address; (address = nextAddress(stream, &isLast));) {
		int fd = openSocket(stream, address, isLast);
		if (fd < 0) {
			stream->error = errno;
			continue;
		}
		stream->state = streamConnecting;
		stream->error = 0;
		stream->peer = *address;
		stream->watch.fd = fd;
		loopAdd(&stream->watch, EVENTS);
		return 1;
	}
	return 0;
}

static void dropResolve(Stream* stream)
{
	if (stream->resolve)
		resolveDrop(stream->resolve);
	stream->resolve = NULL;
}

static void connected(Stream* stream)
{
	int error = 0;
	socklen_t size = sizeof error;
	if (getsockopt(stream->watch.fd, SOL_SOCKET, SO_ERROR, &error, &size))
		error = errno;
	if (!error) {
		dropResolve(stream);
		stream->state = streamOpen;
		stream->wasOpen = 1;
		stream->announce = 1;
		return;
	}
	stream->error = error;
	release(stream);
	if (!connectNext(stream))
		end(stream, endErrno, stream->error);
}

static void resolved(Resolve* resolve)
{
	Stream* stream = resolve->owner;
	if (resolve->error) {
		end(stream, endResolve, resolve->error);
		return;
	}
	if (!connectNext(stream))
		end(stream, endErrno, stream->error);
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
			end(stream, endErrno, error);
		return 0;
	}
	stream->inEnd += (size_t)count;
	stream->more = (size_t)count == size || stream->isTerminal;
	stream->filling = 1;
	stream->events->readable(stream, streamReadable(stream));
	stream->filling = 0;
	if (streamClosed == stream->state || streamLingering == stream->state)
		return 0;
	if (!keep(stream)) {
		end(stream, endErrno, ENOMEM);
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
			loopPost(&stream->task);
			return;
		}
	}
	if (streamOpen == stream->state && stream->atEnd && !streamReadable(stream))
		end(stream, endClosed, 0);
}

size_t streamReadable(const Stream* stream)
{
	return stream->inEnd - stream->inStart;
}

const uint8_t* streamPeek(const Stream* stream)
{
	return stream->in + stream->inStart;
}

void streamSkip(Stream* stream, size_t bytes)
{
	stream->inStart += bytes;
	if ((stream->more || stream->atEnd) && !stream->filling && streamOpen == stream->state)
		loopPost(&stream->task);
}

/* ---- Sending ---- */

static size_t pending(const Stream* stream)
{
	return stream->outEnd - stream->outStart;
}

/* An error is told from the loop, never out of a write. */
static void fail(Stream* stream, int error)
{
	stream->outStart = stream->outEnd = 0;
	stream->error = error;
	loopPost(&stream->task);
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
		fail(stream, errno);
		return size;
	}
	return sent;
}

static void announce(Stream* stream)
{
	stream->announce = 0;
	stream->used = 0;
	stream->events->writable(stream, streamRoom(stream));
}

static void flush(Stream* stream)
{
	if (!pending(stream))
		return;
	stream->outStart += give(stream, stream->out + stream->outStart, pending(stream));
	if (stream->outStart >= stream->outEnd)
		stream->outStart = stream->outEnd = 0;
}

size_t streamRoom(const Stream* stream)
{
	return STREAM_SIZE - pending(stream);
}

/* Keep what the kernel didn't take behind what it didn't take before. */
static void hold(Stream* stream, const uint8_t* bytes, size_t size)
{
	if (!stream->out && !(stream->out = hostAllocate(STREAM_SIZE))) {
		fail(stream, ENOMEM);
		return;
	}
	if (stream->outStart) {
		memmove(stream->out, stream->out + stream->outStart, pending(stream));
		stream->outEnd = pending(stream);
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
	size_t sent = pending(stream) ? 0 : give(stream, bytes, size);
	if (sent < size)
		hold(stream, (const uint8_t*)bytes + sent, size - sent);
	stream->used += size;
	/*
	 * Whoever subtracts what it writes from what `writable` said must not run dry, so it's told anew; every time would
	 * be a call of JavaScript for every small message.
	 */
	if (stream->used >= STREAM_SIZE / 4 && !pending(stream)) {
		stream->announce = 1;
		loopPost(&stream->task);
	}
	return 1;
}

void streamDrop(Stream* stream, int input, int output)
{
	if (output && pending(stream)) {
		stream->outStart = stream->outEnd = 0;
		loopPost(&stream->task);
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
	if (streamConnecting == stream->state) {
		if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
			return;
		connected(stream);
	}
	if (events & EPOLLOUT)
		flush(stream);
	if (streamLingering == stream->state) {
		if (!pending(stream) || events & (EPOLLERR | EPOLLHUP))
			finish(stream);
		return;
	}
	if (streamOpen == stream->state && stream->announce && !pending(stream) && !stream->error)
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
			end(stream, endErrno, stream->error);
		return;
	}
	if (stream->again) {
		stream->again = 0;
		if (stream->told)
			stream->events->ended(stream);
		else if (streamReadable(stream))
			stream->events->readable(stream, streamReadable(stream));
	}
	if (streamOpen == stream->state && stream->announce && !pending(stream))
		announce(stream);
	if (streamOpen == stream->state && stream->more)
		fill(stream);
	else if (streamOpen == stream->state && stream->atEnd && !streamReadable(stream))
		end(stream, endClosed, 0);
}

/* ---- Life ---- */

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
	return stream;
}

void streamResolve(Stream* stream, const char* name, uint16_t port, int nodelay)
{
	stream->nodelay = nodelay & 1;
	stream->state = streamResolving;
	stream->resolve = resolveStart(name, port, resolved, stream);
	if (!stream->resolve)
		fail(stream, ENOMEM);
}

void streamConnect(Stream* stream, const Address* address, int nodelay)
{
	stream->nodelay = nodelay & 1;
	stream->peer = *address;
	stream->state = streamConnecting;
	if (!connectNext(stream))
		loopPost(&stream->task);
}

void streamAttach(Stream* stream, int fd, const Address* peer)
{
	stream->state = streamOpen;
	stream->wasOpen = 1;
	stream->announce = 1;
	if (peer)
		stream->peer = *peer;
	else
		stream->isTerminal = isatty(fd) & 1;
	stream->watch.fd = fd;
	loopAdd(&stream->watch, EVENTS);
}

void streamHandOver(Stream* stream, void* owner)
{
	stream->owner = owner;
	stream->again = 1;
	if (streamOpen == stream->state)
		stream->announce = 1;
	loopPost(&stream->task);
}

void streamClose(Stream* stream)
{
	if (streamOpen == stream->state && pending(stream) && !stream->error) {
		stream->state = streamLingering;
		stream->owner = NULL;
		return;
	}
	streamAbort(stream);
}

void streamAbort(Stream* stream)
{
	dropResolve(stream);
	stream->owner = NULL;
	finish(stream);
}

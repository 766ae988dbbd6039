/* A stream's beginning: names, addresses, connect(). */
#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "../station.h"
#include "sockets.h"
#include "stream-parts.h"

/* SYNs sent before the next address is tried: 1 + 2 + 4 s; the last address has the system's own patience (127 s). */
#define SYN_COUNT 2

static int openSocket(Stream* stream, const Address* address, int isLast)
{
	if (!networkUp()) {
		errno = ENETUNREACH;
		return -1;
	}
	SocketAddress to;
	socketAddress(address, &to);
	int fd = socket(to.to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (fd < 0)
		return -1;
	int one = 1, count = SYN_COUNT;
	if (stream->nodelay)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (!isLast)
		setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &count, sizeof count);
	if (connect(fd, &to.to.any, to.length) && EINPROGRESS != errno) {
		socketGiveUp(fd);
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
		stream->isNetwork = 1;
		stream->peer = *address;
		stream->watch.fd = fd;
		loopAdd(&stream->watch, STREAM_EVENTS);
		return 1;
	}
	return 0;
}

void streamDropResolve(Stream* stream)
{
	if (stream->resolve)
		resolveDrop(stream->resolve);
	stream->resolve = NULL;
}

void streamConnected(Stream* stream)
{
	int error = 0;
	socklen_t size = sizeof error;
	if (getsockopt(stream->watch.fd, SOL_SOCKET, SO_ERROR, &error, &size))
		error = errno;
	if (!error) {
		streamDropResolve(stream);
		stream->state = streamOpen;
		stream->wasOpen = 1;
		stream->announce = 1;
		return;
	}
	stream->error = error;
	streamRelease(stream);
	if (!connectNext(stream))
		streamEndErrno(stream, stream->error);
}

static void resolved(Resolve* resolve)
{
	Stream* stream = resolve->owner;
	if (resolve->error) {
		streamEnd(stream, endResolve, resolve->error);
		return;
	}
	if (!connectNext(stream))
		streamEndErrno(stream, stream->error);
}

void streamResolve(Stream* stream, const char* name, uint16_t port)
{
	stream->state = streamResolving;
	stream->resolve = resolveStart(name, port, resolved, stream);
	if (!stream->resolve)
		streamFail(stream, ENOMEM);
}

void streamConnect(Stream* stream, const Address* address)
{
	stream->peer = *address;
	stream->state = streamConnecting;
	if (!connectNext(stream))
		taskPost(&stream->task);
}

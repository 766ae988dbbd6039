/*
 * A TCP connection as embedded:io/socket/tcp needs it of a platform. No JavaScript in here: every event comes from the
 * loop, none before the function that began it has returned.
 */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "acceptor.h"
#include "address.h"

/*
 * Bytes of either buffer, and so the most that is readable or writable at once: what ESP-IDF's lwIP has as window and
 * send buffer (4 × 1440), so that a program that works on one platform doesn't ask more of another.
 */
#define STREAM_SIZE 5760

typedef struct Stream Stream;

typedef enum {
	endNone,
	endClosed, /* the peer's clean end, after the last byte was read: writing is still possible */
	endResolve,
	endRefused,
	endUnreachable,
	endTimeout,
	endReset,
	endSystem
} StreamEnd;

typedef struct {
	/* `bytes` can be read, some of them new. */
	void (*readable)(Stream* stream, void* owner, size_t bytes);
	/* `bytes` may be written. */
	void (*writable)(Stream* stream, void* owner, size_t bytes);
	/* The end, told once; `detail` is the platform's own word. */
	void (*ended)(Stream* stream, void* owner, StreamEnd end, const char* detail);
} StreamEvents;

/* NULL when there's no memory. */
Stream* streamNew(const StreamEvents* events, void* owner);
/* One of these three follows. */
void streamResolve(Stream* stream, const char* name, uint16_t port);
void streamConnect(Stream* stream, const Address* address);
/* A connection that waits there; 0 when none does. */
int streamAccept(Stream* stream, Acceptor* acceptor);

/* From now on small packets don't wait for others (TCP_NODELAY). */
void streamNodelay(Stream* stream);
/* Another owner takes it over: what's readable and writable, or the end, is told again. */
void streamHandOver(Stream* stream, void* owner);

/* Whether it still resolves or connects. */
int streamIsConnecting(const Stream* stream);
/* Who it is connected to, or was; NULL while it never was. */
const Address* streamPeer(const Stream* stream);

size_t streamReadable(const Stream* stream);
/* Copy the first `bytes` of those, at most what's readable, and be done with them. */
void streamTake(Stream* stream, void* into, size_t bytes);

/* How much may be written now. */
size_t streamRoom(const Stream* stream);
/* 0 if it doesn't fit (nothing is written then); an error of the network is told by `ended`, not here. */
int streamWrite(Stream* stream, const void* bytes, size_t size);

/* No event comes any more; what was written is sent yet; the Stream frees itself. From anywhere (a destructor). */
void streamClose(Stream* stream);

#endif

/*
 * A byte stream over a file descriptor of the loop: a TCP connection (hal/xs/io/stream.h) or the serial line.
 *
 * System calls are what a chip's cycles are, so: the descriptor is put into epoll once, edge triggered, for both
 * directions; received bytes are read into one buffer that all streams share, and only what the owner leaves there is
 * kept; a write goes to the kernel at once, and only what it refuses is kept. A request with its answer costs write,
 * epoll_wait, read.
 *
 * Between stream.c, stream-connect.c, stream-send.c and those who have descriptors.
 */
#ifndef IO_STREAM_PARTS_H
#define IO_STREAM_PARTS_H

#include <sys/epoll.h>

#include "../../xs/io/resolve.h"
#include "../../xs/io/stream.h"
#include "../loop.h"

typedef enum { streamResolving, streamConnecting, streamOpen, streamEnded, streamLingering, streamClosed } StreamState;

struct Stream {
	Watch watch;
	Task task;
	const StreamEvents* events;
	/* Whose stream it is; may change. */
	void* owner;

	uint8_t state;
	uint8_t end; /* a StreamEnd, endNone until it was told */
	const char* detail;
	int error; /* an errno to tell */

	uint8_t nodelay : 1;
	uint8_t isNetwork : 1;
	uint8_t isTerminal : 1; /* a short read of a terminal doesn't mean that it's empty */
	uint8_t more : 1;       /* the kernel may have bytes that no event will tell */
	uint8_t hungUp : 1;     /* read on until the end shows */
	uint8_t atEnd : 1;      /* the kernel said so; told when all has been read */
	uint8_t announce : 1;   /* `writable` is due as soon as nothing is pending */
	uint8_t again : 1;      /* a new owner is to be told what's readable */
	uint8_t filling : 1;
	uint8_t wasOpen : 1; /* `peer` is who it's connected to */
	uint8_t isCut : 1;   /* the network went: nothing comes any more, and the peer gets a reset */

	uint8_t* in; /* the shared buffer while filling, else `kept` */
	uint8_t* kept;
	size_t inStart, inEnd;
	uint8_t* out;
	size_t outStart, outEnd;
	size_t used; /* written since `writable` was called last */

	Stream* next; /* of all */
	Stream* previous;

	Resolve* resolve; /* until it's connected */
	int tried;        /* addresses */
	Address peer;     /* the present one */
};

/* All that a stream's life needs: readiness of both directions and the peer's end, told once each time it begins. */
#define STREAM_EVENTS (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)

/* A descriptor that is connected: to `peer`, or a serial line's. Follows streamNew. */
void streamAttach(Stream* stream, int fd, const Address* peer);
/* Throw away what waits in either direction. */
void streamDrop(Stream* stream, int input, int output);

/* The event `ended`, once; anything but endClosed gives the descriptor back. */
void streamEnd(Stream* stream, StreamEnd end, const char* detail);
void streamEndErrno(Stream* stream, int error);
/* Give the descriptor back. */
void streamRelease(Stream* stream);
/* What the resolver said isn't needed any more. */
void streamDropResolve(Stream* stream);
/* The descriptor is ready for the first time: see whether it's connected, try the next address if it isn't. */
void streamConnected(Stream* stream);
/* Bytes that the kernel hasn't taken yet. */
size_t streamPending(const Stream* stream);
/* An error is told from the loop, never out of a write. */
void streamFail(Stream* stream, int error);
/* Try to get rid of what's pending. */
void streamFlush(Stream* stream);

/* The network is gone: what isn't connected yet can't be, what is connected is reset. A serial line stays. */
void streamsCut(void);

#endif

/*
 * A byte stream over a file descriptor of the loop: a TCP connection or a serial line. No JavaScript in here.
 *
 * System calls are what a chip's cycles are, so: the descriptor is put into epoll once, edge triggered, for both
 * directions; received bytes are read into one buffer that all streams share, and only what the owner leaves there is
 * kept; a write goes to the kernel at once, and only what it refuses is kept. A request with its answer costs write,
 * epoll_wait, read.
 */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include <stddef.h>

#include "address.h"
#include "resolve.h"
#include "../loop.h"

/*
 * Bytes of either buffer, and so the most that is readable or writable at once: what ESP-IDF's lwIP has as window and
 * send buffer (4 × 1440), so that a program that works here doesn't ask more of the chip.
 */
#define STREAM_SIZE 5760

typedef struct Stream Stream;

typedef struct {
	/* `bytes` can be read, some of them new. */
	void (*readable)(Stream* stream, size_t bytes);
	/* `bytes` may be written. */
	void (*writable)(Stream* stream, size_t bytes);
	/* The end, told once: see endKind. */
	void (*ended)(Stream* stream);
} StreamEvents;

typedef enum {
	endNone,
	endClosed, /* the peer's clean end: writing is still possible */
	endErrno,  /* `error` is an errno */
	endResolve /* `error` is an EAI_… */
} EndKind;

typedef enum { streamResolving, streamConnecting, streamOpen, streamEnded, streamLingering, streamClosed } StreamState;

struct Stream {
	Watch watch;
	Task task;
	const StreamEvents* events;
	/* Whose stream it is; may change. */
	void* owner;

	uint8_t state;
	uint8_t endKind;
	int error;

	uint8_t nodelay : 1;
	uint8_t isTerminal : 1; /* a short read of a terminal doesn't mean that it's empty */
	uint8_t more : 1;       /* the kernel may have bytes that no event will tell */
	uint8_t hungUp : 1;     /* read on until the end shows */
	uint8_t atEnd : 1;      /* the kernel said so; told when all has been read */
	uint8_t told : 1;       /* `ended` was called */
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

Stream* streamNew(const StreamEvents* events, void* owner);
/* One of these three follows. No event comes before they have returned. */
void streamResolve(Stream* stream, const char* name, uint16_t port, int nodelay);
void streamConnect(Stream* stream, const Address* address, int nodelay);
void streamAttach(Stream* stream, int fd, const Address* peer);

/* Take the stream over: what's readable and writable is told again. */
void streamHandOver(Stream* stream, void* owner);

size_t streamReadable(const Stream* stream);
/* The first byte of those; valid until the next call. */
const uint8_t* streamPeek(const Stream* stream);
void streamSkip(Stream* stream, size_t bytes);

/* Throw away what waits in either direction. */
void streamDrop(Stream* stream, int input, int output);

/* How much may be written now. */
size_t streamRoom(const Stream* stream);
/* 0 if it doesn't fit (nothing is written then); an error of the network is told by `ended`, not here. */
int streamWrite(Stream* stream, const void* bytes, size_t size);

/* No event comes any more; what was written is sent yet; the Stream frees itself. */
void streamClose(Stream* stream);
/* The same at once and from anywhere (a destructor). */
void streamAbort(Stream* stream);

/* The network is gone: what isn't connected yet can't be, what is connected is reset. A serial line stays. */
void streamsCut(void);

#endif

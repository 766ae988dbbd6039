/*
 * A TCP connection of lwIP's. Received memory is kept as lwIP gives it, and only what was read widens the window again: the
 * window is the bound of what waits here, as lwIP's send buffer is of what waits there.
 *
 * Between stream.c, stream-send.c, stream-connect.c and acceptor.c.
 */
#ifndef STREAM_PARTS_H
#define STREAM_PARTS_H

#include <lwip/tcp.h>
#include <stddef.h>

#include "../../xs/io/resolve.h"
#include "../../xs/io/stream.h"
#include "net.h"

typedef enum { streamResolving, streamConnecting, streamOpen, streamEnded, streamLingering, streamClosed } StreamState;

struct Stream {
	Task task;
	const StreamEvents* events; /* NULL while it waits at a listener */
	void* owner;
	struct tcp_pcb* pcb; /* NULL: not yet, or no more */

	uint8_t state;
	uint8_t end;  /* a StreamEnd, endNone until it was told */
	uint8_t fate; /* the one that is due */
	const char* detail;

	uint8_t nodelay : 1;
	uint8_t hasNews : 1;   /* `readable` is due */
	uint8_t atEnd : 1;     /* the peer says no more; told when all has been read */
	uint8_t announce : 1;  /* `writable` is due as soon as there's room */
	uint8_t again : 1;     /* a new owner is to be told what's readable */
	uint8_t wasOpen : 1;   /* `peer` is who it's connected to */
	uint8_t isWaiting : 1; /* for the network */

	struct pbuf* received;
	size_t readable;
	size_t owed; /* bytes that were read, but haven't widened the window yet */
	uint8_t* held; /* what was written when lwIP's heap had no room */
	size_t heldSize;
	size_t used; /* written since `writable` was called last */

	Resolve* resolve; /* until it's connected */
	uint8_t tried;    /* addresses */
	Address peer;     /* the present one */
	NetWatch watch;
	Stream* next; /* at its listener */
};

/* From now on the stream hears of this pcb. */
void streamListen(Stream* stream, struct tcp_pcb* pcb);
/* It's connected. */
void streamOpened(Stream* stream);
/* The end, told by the task. */
void streamFail(Stream* stream, StreamEnd end, const char* detail);
/* The present address won't have us; try the next. */
void streamRefused(Stream* stream, err_t error);
/* Resolver and network needn't tell any more. */
void streamStopConnecting(Stream* stream);

/* Send what is held, as far as there's room. */
void streamFlush(Stream* stream);

/* Widen the window and send what's held, as far as there is memory. For any connection of lwIP's. */
void streamGoOn(struct tcp_pcb* pcb);

/* Before the peer may send: a window of the connection's share, the rest of lwIP's is owed. */
void streamLimit(struct tcp_pcb* pcb);

#endif

/* Between stream.c, stream-connect.c and stream-send.c. */
#ifndef IO_STREAM_PARTS_H
#define IO_STREAM_PARTS_H

#include <sys/epoll.h>

#include "stream.h"

/* All that a stream's life needs: readiness of both directions and the peer's end, told once each time it begins. */
#define STREAM_EVENTS (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)

/* The event `ended`, once; anything but endClosed gives the descriptor back. */
void streamEnd(Stream* stream, EndKind kind, int error);
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

#endif

/*
 * A UDP socket as embedded:io/socket/udp needs it of a platform. No JavaScript in here.
 */
#ifndef IO_DATAGRAM_H
#define IO_DATAGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "address.h"

/* Packets that wait because nobody read them, and their bytes; further ones are lost. */
#define DATAGRAMS_MOST 8
#define DATAGRAMS_BYTES 16384

typedef struct Datagrams Datagrams;

typedef struct {
	/* One more packet. */
	void (*came)(void* owner);
	/* Receiving failed, in the platform's words. */
	void (*failed)(void* owner, const char* detail);
} DatagramEvents;

typedef struct {
	uint16_t port;          /* 0: one that is free */
	const Address* address; /* NULL: all of them, IPv4 and IPv6 */
	const Address* group;   /* NULL: none to join */
	uint8_t hops;           /* of what is sent to groups */
} DatagramOptions;

typedef enum { datagramSent, datagramNoRoad, datagramTooLong } DatagramResult;

/* NULL with the reason in `wrong`. */
Datagrams* datagramsOpen(
	const DatagramOptions* options, const DatagramEvents* events, void* owner, const char** wrong);
/* Whether it can't send to IPv6. */
int datagramsOnlyV4(const Datagrams* socket);
/* How many wait. */
int datagramsWaiting(const Datagrams* socket);
/* The oldest: its sender, NULL when none waits, and its size. */
const Address* datagramFirst(const Datagrams* socket, size_t* size);
/* Copy the oldest, of which there is one, and be done with it. */
void datagramTake(Datagrams* socket, void* into);
/* Sent, or lost, as any packet may be; no road: not to that address from this socket. */
DatagramResult datagramSend(Datagrams* socket, const Address* to, const void* bytes, size_t size);
/* Nothing is told any more. From anywhere. */
void datagramsClose(Datagrams* socket);

#endif

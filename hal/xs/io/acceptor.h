/*
 * A TCP port that connections come to, as embedded:io/socket/listener needs it of a platform. No JavaScript in here.
 */
#ifndef IO_ACCEPTOR_H
#define IO_ACCEPTOR_H

#include <stdint.h>

#include "address.h"

/* Connections that wait to be taken; what more may wait is the platform's. */
#define ACCEPTOR_MOST 8

typedef struct Acceptor Acceptor;

/*
 * Listen at `address`, NULL: at all of them, IPv4 and IPv6. Port 0: one that is free. `came` is called by the loop for each
 * connection. NULL with the reason in `wrong`.
 */
Acceptor* acceptorOpen(
	const Address* address, uint16_t port, void (*came)(void* owner), void* owner, const char** wrong);
uint16_t acceptorPort(const Acceptor* acceptor);
/* How many wait for streamAccept. */
int acceptorWaiting(const Acceptor* acceptor);
/* Those that wait are ended; nothing is told any more. */
void acceptorClose(Acceptor* acceptor);

#endif

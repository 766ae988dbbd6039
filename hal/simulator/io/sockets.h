/*
 * Addresses between hal/xs/io and the kernel.
 */
#ifndef IO_SOCKETS_H
#define IO_SOCKETS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "../../xs/io/address.h"

typedef struct {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} to;
	socklen_t length;
} SocketAddress;

#define SOCKET_ADDRESS {.length = sizeof(struct sockaddr_in6)}

void socketAddress(const Address* address, SocketAddress* at);
/* For a socket of IPv6 that serves both: IPv4 becomes ::ffff:a.b.c.d. */
void socketAddressV6(const Address* address, SocketAddress* at);
/* Any local address: of IPv6 (which serves IPv4, too) or of IPv4. */
void socketAddressAny(int family, uint16_t port, SocketAddress* at);
void addressOfSocket(const SocketAddress* at, Address* address);

/* Close, and leave errno as it is. */
void socketGiveUp(int fd);

#endif

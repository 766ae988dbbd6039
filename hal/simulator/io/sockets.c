#include "sockets.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

_Static_assert(ADDRESS_ZONE >= IF_NAMESIZE, "an interface's name doesn't fit");

static void ofV6(const uint8_t bytes[16], uint32_t zone, uint16_t port, SocketAddress* at)
{
	*at = (SocketAddress){.length = sizeof at->to.v6};
	at->to.v6.sin6_family = AF_INET6;
	at->to.v6.sin6_port = htons(port);
	at->to.v6.sin6_scope_id = zone;
	memcpy(&at->to.v6.sin6_addr, bytes, 16);
}

void socketAddress(const Address* address, SocketAddress* at)
{
	if (address->isV6) {
		ofV6(address->bytes, address->zone, address->port, at);
		return;
	}
	*at = (SocketAddress){.length = sizeof at->to.v4};
	at->to.v4.sin_family = AF_INET;
	at->to.v4.sin_port = htons(address->port);
	memcpy(&at->to.v4.sin_addr, address->bytes, 4);
}

void socketAddressV6(const Address* address, SocketAddress* at)
{
	uint8_t clothed[16] = {[10] = 0xff, [11] = 0xff};
	if (address->isV6) {
		socketAddress(address, at);
		return;
	}
	memcpy(clothed + 12, address->bytes, 4);
	ofV6(clothed, 0, address->port, at);
}

void socketAddressAny(int family, uint16_t port, SocketAddress* at)
{
	const Address any = {.port = port, .isV6 = AF_INET6 == family};
	socketAddress(&any, at);
}

void addressOfSocket(const SocketAddress* at, Address* address)
{
	*address = (Address){0};
	if (AF_INET == at->to.any.sa_family) {
		address->port = ntohs(at->to.v4.sin_port);
		memcpy(address->bytes, &at->to.v4.sin_addr, 4);
		return;
	}
	address->isV6 = 1;
	address->port = ntohs(at->to.v6.sin6_port);
	address->zone = at->to.v6.sin6_scope_id;
	memcpy(address->bytes, &at->to.v6.sin6_addr, 16);
	addressUndress(address);
}

uint32_t addressZone(const char* name)
{
	return if_nametoindex(name);
}

int addressZoneName(uint32_t zone, char name[ADDRESS_ZONE])
{
	return if_indextoname(zone, name) != NULL;
}

void socketGiveUp(int fd)
{
	int error = errno;
	close(fd);
	errno = error;
}

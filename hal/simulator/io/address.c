#include "address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parseV6(const char* text, uint16_t port, Address* address)
{
	char bare[INET6_ADDRSTRLEN];
	const char* zone = strchr(text, '%');
	size_t length = zone ? (size_t)(zone - text) : strlen(text);
	if (length >= sizeof bare)
		return 0;
	memcpy(bare, text, length);
	bare[length] = 0;
	struct sockaddr_in6* v6 = &address->to.v6;
	if (1 != inet_pton(AF_INET6, bare, &v6->sin6_addr))
		return 0;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	if (zone) {
		v6->sin6_scope_id = if_nametoindex(zone + 1);
		if (!v6->sin6_scope_id)
			return 0;
	}
	address->length = sizeof *v6;
	return 1;
}

int addressParse(const char* text, uint16_t port, Address* address)
{
	memset(address, 0, sizeof *address);
	struct sockaddr_in* v4 = &address->to.v4;
	if (1 == inet_pton(AF_INET, text, &v4->sin_addr)) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		address->length = sizeof *v4;
		return 1;
	}
	return parseV6(text, port, address);
}

void addressAny(int family, uint16_t port, Address* address)
{
	addressParse(AF_INET6 == family ? "::" : "0.0.0.0", port, address);
}

void addressText(const Address* address, char text[ADDRESS_TEXT])
{
	if (AF_INET == address->to.any.sa_family) {
		inet_ntop(AF_INET, &address->to.v4.sin_addr, text, ADDRESS_TEXT);
		return;
	}
	const struct sockaddr_in6* v6 = &address->to.v6;
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], text, ADDRESS_TEXT);
		return;
	}
	inet_ntop(AF_INET6, &v6->sin6_addr, text, ADDRESS_TEXT);
	char zone[IF_NAMESIZE];
	if (v6->sin6_scope_id && if_indextoname(v6->sin6_scope_id, zone)) {
		size_t length = strlen(text);
		snprintf(text + length, ADDRESS_TEXT - length, "%%%s", zone);
	}
}

uint16_t addressPort(const Address* address)
{
	return ntohs(AF_INET == address->to.any.sa_family ? address->to.v4.sin_port : address->to.v6.sin6_port);
}

void addressMap(Address* address)
{
	if (AF_INET != address->to.any.sa_family)
		return;
	struct sockaddr_in v4 = address->to.v4;
	memset(address, 0, sizeof *address);
	struct sockaddr_in6* v6 = &address->to.v6;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = v4.sin_port;
	v6->sin6_addr.s6_addr[10] = 0xff;
	v6->sin6_addr.s6_addr[11] = 0xff;
	memcpy(&v6->sin6_addr.s6_addr[12], &v4.sin_addr, 4);
	address->length = sizeof *v6;
}

/*
 * Socket addresses, IPv4 and IPv6, to and from text.
 */
#ifndef IO_ADDRESS_H
#define IO_ADDRESS_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

/* Longest text of an address with its NUL: IPv6 with a zone ("fe80::1%enp0s31f6"). */
#define ADDRESS_TEXT 64

typedef struct {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} to;
	socklen_t length;
} Address;

/* 1 if `text` is an IPv4 or IPv6 address (zones allowed); nothing is looked up. */
int addressParse(const char* text, uint16_t port, Address* address);
/* Any local address: of IPv6 (which serves IPv4, too) or of IPv4. */
void addressAny(int family, uint16_t port, Address* address);
/* An IPv4 address in IPv6's clothes is shown as IPv4. */
void addressText(const Address* address, char text[ADDRESS_TEXT]);
uint16_t addressPort(const Address* address);
/* For a socket of IPv6 that serves both: IPv4 becomes ::ffff:a.b.c.d. */
void addressMap(Address* address);

#endif

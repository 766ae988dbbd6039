/*
 * Addresses of the internet with their port, IPv4 and IPv6, to and from text.
 */
#ifndef IO_ADDRESS_H
#define IO_ADDRESS_H

#include <stddef.h>
#include <stdint.h>

/* Longest text of an address with its NUL: IPv6 with a zone ("fe80::1%enp0s31f6"). */
#define ADDRESS_TEXT 64
#define ADDRESS_ZONE 16

/* An IPv4 address in IPv6's clothes (::ffff:1.2.3.4) is IPv4 here: a platform clothes it where it must. */
typedef struct {
	uint8_t bytes[16]; /* as on the wire; IPv4 has the first four */
	uint32_t zone;     /* of IPv6: the platform's number of an interface, 0 for none */
	uint16_t port;
	uint8_t isV6;
} Address;

/* 1 if `text` is an IPv4 or IPv6 address (zones allowed); nothing is looked up. */
int addressParse(const char* text, uint16_t port, Address* address);
void addressText(const Address* address, char text[ADDRESS_TEXT]);
/* IPv4 from IPv6's clothes, in place. */
void addressUndress(Address* address);

/* The platform's: the number of the interface of that name, 0 when there's none, and back. */
uint32_t addressZone(const char* name);
int addressZoneName(uint32_t zone, char name[ADDRESS_ZONE]);

#endif

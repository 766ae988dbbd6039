/* See address.h. As inet_pton and inet_ntop, which a chip's C library lacks; RFC 4291 and RFC 5952. */
#include "address.h"

#include <stdio.h>
#include <string.h>

#define GROUPS 8

static int parseV4(const char* text, uint8_t* bytes)
{
	for (int part = 0; part < 4; part++) {
		unsigned value = 0;
		int digits = 0;
		for (; *text >= '0' && *text <= '9'; text++) {
			/* 010 is eight to some and ten to others */
			if (digits && !value)
				return 0;
			value = value * 10 + (unsigned)(*text - '0');
			if (++digits > 3)
				return 0;
		}
		if (!digits || value > 255 || *text != (part < 3 ? '.' : 0))
			return 0;
		text++;
		bytes[part] = (uint8_t)value;
	}
	return 1;
}

static int hexadecimal(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* One to four digits; how many there are, 0 when it's no group. */
static int parseGroup(const char* text, uint8_t* bytes)
{
	unsigned value = 0;
	int digits = 0;
	while (hexadecimal(text[digits]) >= 0) {
		if (digits == 4)
			return 0;
		value = value << 4 | (unsigned)hexadecimal(text[digits++]);
	}
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
	return digits;
}

static int parseV6(const char* text, uint8_t bytes[16])
{
	int at = 0, gap = -1;
	if (':' == *text && ':' != *++text)
		return 0;
	while (*text) {
		if (':' == *text) {
			/* the second of "::" */
			if (gap >= 0)
				return 0;
			gap = at;
			text++;
			continue;
		}
		if (strchr(text, '.') && !strchr(text, ':')) {
			if (at > 12 || !parseV4(text, bytes + at))
				return 0;
			at += 4;
			break;
		}
		int digits = at < 16 ? parseGroup(text, bytes + at) : 0;
		if (!digits)
			return 0;
		at += 2;
		text += digits;
		if (*text && (':' != *text || !*++text))
			return 0;
	}
	if (gap < 0)
		return 16 == at;
	if (16 == at)
		return 0;
	memmove(bytes + 16 - (at - gap), bytes + gap, (size_t)(at - gap));
	memset(bytes + gap, 0, (size_t)(16 - at));
	return 1;
}

void addressUndress(Address* address)
{
	static const uint8_t clothes[12] = {[10] = 0xff, [11] = 0xff};
	if (!address->isV6 || memcmp(address->bytes, clothes, sizeof clothes))
		return;
	memmove(address->bytes, address->bytes + 12, 4);
	memset(address->bytes + 4, 0, 12);
	address->isV6 = 0;
	address->zone = 0;
}

int addressParse(const char* text, uint16_t port, Address* address)
{
	char bare[ADDRESS_TEXT];
	*address = (Address){.port = port};
	if (parseV4(text, address->bytes))
		return 1;
	const char* zone = strchr(text, '%');
	size_t length = zone ? (size_t)(zone - text) : strlen(text);
	if (!length || length >= sizeof bare)
		return 0;
	memcpy(bare, text, length);
	bare[length] = 0;
	memset(address->bytes, 0, sizeof address->bytes);
	address->isV6 = 1;
	if (!parseV6(bare, address->bytes) || (zone && !(address->zone = addressZone(zone + 1))))
		return 0;
	addressUndress(address);
	return 1;
}

static unsigned group(const Address* address, int index)
{
	return (unsigned)address->bytes[2 * index] << 8 | address->bytes[2 * index + 1];
}

/* The first of the longest runs of zeros, of two groups at least. */
static int longestGap(const Address* address, int* length)
{
	int best = -1;
	*length = 1;
	for (int index = 0; index < GROUPS; index++) {
		int run = 0;
		while (index + run < GROUPS && !group(address, index + run))
			run++;
		if (run > *length) {
			best = index;
			*length = run;
		}
	}
	return best;
}

void addressText(const Address* address, char text[ADDRESS_TEXT])
{
	const uint8_t* bytes = address->bytes;
	char zone[ADDRESS_ZONE];
	int length, gap, at = 0;
	if (!address->isV6) {
		snprintf(text, ADDRESS_TEXT, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
		return;
	}
	gap = longestGap(address, &length);
	for (int index = 0; index < GROUPS; index++) {
		if (index == gap) {
			at += snprintf(text + at, (size_t)(ADDRESS_TEXT - at), "::");
			index += length - 1;
			continue;
		}
		const char* colon = at && ':' != text[at - 1] ? ":" : "";
		at += snprintf(text + at, (size_t)(ADDRESS_TEXT - at), "%s%x", colon, group(address, index));
	}
	if (address->zone && addressZoneName(address->zone, zone))
		snprintf(text + at, (size_t)(ADDRESS_TEXT - at), "%%%s", zone);
}

/*
 * UTF-8 for hal/text. XS keeps strings as UTF-8, with two particulars: U+0000 is C0 80 inside (so that strings end at
 * a zero byte), and a lone surrogate is three bytes of its own (ED A0..BF xx). Neither is let out, neither is let in.
 * Written against xsmc.h alone: it serves the Moddable SDK, too.
 */
#include "xsmc.h"
#include "mc.xs.h"

#include <stdint.h>
#include <string.h>

/*
 * The length of the well-formed character at `p` (1 to 4), 0 for anything else: overlong forms, surrogates, past U+10FFFF
 * or past `end` (RFC 3629).
 */
static int character(const uint8_t* p, const uint8_t* end)
{
	uint8_t lead = p[0];
	int length, low = 0x80, high = 0xBF;
	if (lead < 0x80)
		return 1;
	if (lead >= 0xC2 && lead <= 0xDF)
		length = 2;
	else if (lead >= 0xE0 && lead <= 0xEF) {
		length = 3;
		low = lead == 0xE0 ? 0xA0 : 0x80;
		high = lead == 0xED ? 0x9F : 0xBF;
	}
	else if (lead >= 0xF0 && lead <= 0xF4) {
		length = 4;
		low = lead == 0xF0 ? 0x90 : 0x80;
		high = lead == 0xF4 ? 0x8F : 0xBF;
	}
	else
		return 0;
	if (end - p < length || p[1] < low || p[1] > high)
		return 0;
	for (int i = 2; i < length; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return length;
}

/* The next unit of an XS string: how many bytes it takes there, and what it is outside (at most 4 bytes). */
static int unit(const uint8_t* p, uint8_t out[4], int* outLength)
{
	int length;
	if (p[0] == 0xC0 && p[1] == 0x80) {
		out[0] = 0;
		*outLength = 1;
		return 2;
	}
	for (length = 1; (p[length] & 0xC0) == 0x80 && length < 4;)
		length++;
	if (p[0] == 0xED && length == 3 && p[1] >= 0xA0) {
		memcpy(out, "\xEF\xBF\xBD", 3);
		*outLength = 3;
		return 3;
	}
	memcpy(out, p, (size_t)length);
	*outLength = length;
	return length;
}

/* Bytes that `string` takes outside; `size` is what it takes inside. */
static xsUnsignedValue measure(const char* string, xsUnsignedValue* size)
{
	const uint8_t* p = (const uint8_t*)string;
	xsUnsignedValue length = 0;
	while (*p) {
		if (*p < 0x80) {
			p++;
			length++;
		}
		else {
			uint8_t out[4];
			int outLength;
			p += unit(p, out, &outLength);
			length += (xsUnsignedValue)outLength;
		}
	}
	*size = (xsUnsignedValue)(p - (const uint8_t*)string);
	return length;
}

static void copy(uint8_t* to, const char* string, xsUnsignedValue length, xsUnsignedValue size)
{
	const uint8_t* p = (const uint8_t*)string;
	const uint8_t* end = p + size;
	/* Plain text (and any without U+0000 or lone surrogates of another length) is a copy, but for what unit() changes. */
	if (length == size && !memchr(p, 0xED, size)) {
		memcpy(to, p, size);
		return;
	}
	while (p < end) {
		uint8_t out[4];
		int outLength;
		p += unit(p, out, &outLength);
		memcpy(to, out, (size_t)outLength);
		to += outLength;
	}
}

void xs_text_byteLength(xsMachine* the)
{
	xsUnsignedValue size;
	xsmcSetInteger(xsResult, (xsIntegerValue)measure(xsmcToString(xsArg(0)), &size));
}

void xs_text_encode(xsMachine* the)
{
	xsUnsignedValue size, length = measure(xsmcToString(xsArg(0)), &size);
	void* data;
	xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)length);
	xsmcGetBufferWritable(xsResult, &data, &length);
	/* Asked for again: making the buffer may have moved the string. */
	copy(data, xsmcToString(xsArg(0)), length, size);
}

void xs_text_encodeInto(xsMachine* the)
{
	xsUnsignedValue size, length = measure(xsmcToString(xsArg(0)), &size), room;
	xsNumberValue offset = xsmcToNumber(xsArg(2));
	void* data;
	xsmcGetBufferWritable(xsArg(1), &data, &room);
	if (!(offset >= 0) || offset > room || length > room - (xsUnsignedValue)offset)
		xsRangeError("text: does not fit");
	copy((uint8_t*)data + (xsUnsignedValue)offset, xsmcToString(xsArg(0)), length, size);
	xsmcSetInteger(xsResult, (xsIntegerValue)length);
}

/* Of bytes: in XS 13.3 TypedArray.prototype.set goes byte by byte, a hundred instructions each. */
void xs_text_copyInto(xsMachine* the)
{
	xsNumberValue offset = xsmcArgc > 2 ? xsmcToNumber(xsArg(2)) : 0;
	xsUnsignedValue length, room;
	void *from, *to;
	xsmcGetBufferReadable(xsArg(0), &from, &length);
	xsmcGetBufferWritable(xsArg(1), &to, &room);
	if (!(offset >= 0) || offset > room || length > room - (xsUnsignedValue)offset)
		xsRangeError("text: does not fit");
	memmove((uint8_t*)to + (xsUnsignedValue)offset, from, length);
	xsmcSetInteger(xsResult, (xsIntegerValue)length);
}

/* Arguments bytes, start, end: the part of the bytes. */
static const uint8_t* range(xsMachine* the, xsUnsignedValue* size)
{
	xsNumberValue start = xsmcToNumber(xsArg(1)), end = xsmcToNumber(xsArg(2));
	xsUnsignedValue room;
	void* data;
	xsmcGetBufferReadable(xsArg(0), &data, &room);
	if (!(start >= 0) || !(end >= start) || end > room)
		xsRangeError("text: start and end are not inside of the bytes");
	*size = (xsUnsignedValue)end - (xsUnsignedValue)start;
	return (const uint8_t*)data + (xsUnsignedValue)start;
}

void xs_text_isUtf8(xsMachine* the)
{
	xsUnsignedValue size;
	const uint8_t* p = range(the, &size);
	const uint8_t* end = p + size;
	while (p < end) {
		int length = *p ? character(p, end) : 0;
		if (!length)
			break;
		p += length;
	}
	xsmcSetBoolean(xsResult, p == end);
}

void xs_text_decode(xsMachine* the)
{
	xsUnsignedValue size, zeros = 0;
	const uint8_t* p = range(the, &size);
	const uint8_t* end = p + size;
	while (p < end) {
		int length = character(p, end);
		if (!length)
			xsTypeError("text: malformed UTF-8");
		zeros += !*p;
		p += length;
	}
	xsmcSetStringBuffer(xsResult, NULL, (xsIntegerValue)(size + zeros));
	/* Asked for again: making the string may have moved the bytes. */
	p = range(the, &size);
	char* to = xsmcToString(xsResult);
	if (!zeros)
		memcpy(to, p, size);
	else
		for (end = p + size; p < end; p++) {
			if (!*p)
				*to++ = (char)0xC0;
			*to++ = *p ? (char)*p : (char)0x80;
		}
	xsmcToString(xsResult)[size + zeros] = 0;
}

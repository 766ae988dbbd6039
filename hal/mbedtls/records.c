/*
 * The server's records before they're encrypted. mbedTLS before 3.6.3 takes no handshake message that goes on in a second
 * record, while a server that agreed to short records (max_fragment_length) sends just that when its chain is longer:
 * such records are joined here before mbedTLS sees them.
 */
#include <string.h>

#include "tls.h"

enum { header = 5, messageHeader = 4, changeCipherSpec = 20, handshakeRecord = 22, longest = 16384 };

static size_t lengthAt(const uint8_t* bytes) { return (size_t)bytes[0] << 8 | bytes[1]; }

/* Whether a record's content ends with the end of a handshake message; -1 when it can't be told yet. */
static int endsWhole(const uint8_t* content, size_t length, size_t there) {
	size_t at = 0;
	while (at < length) {
		if (length - at < messageHeader)
			return 0;
		if (there - at < messageHeader || at > there)
			return -1;
		at += messageHeader + ((size_t)content[at + 1] << 16 | lengthAt(content + at + 2));
	}
	return at == length;
}

/* Join the record at the head with the one behind it. 0 when that one isn't there yet, -1 when they can't be joined. */
static int join(Queue* in) {
	uint8_t* first = in->bytes + in->start;
	size_t length = lengthAt(first + 3);
	uint8_t* second = first + header + length;
	size_t there = in->length - header - length;
	size_t more;
	if (there < header)
		return 0;
	more = lengthAt(second + 3);
	if (second[0] != handshakeRecord || more == 0 || length + more > longest)
		return -1;
	if (there < header + more)
		return 0;
	memmove(second, second + header, there - header);
	in->length -= header;
	first[3] = (uint8_t)((length + more) >> 8);
	first[4] = (uint8_t)(length + more);
	return 1;
}

/*
 * Called with no bytes passing: see whether the next record, or the head of it, can go to mbedTLS. A record whose first
 * message ends with it goes as it comes; others wait until they're whole. 0 when there's none yet, -1 for a record that
 * no server may send.
 */
int tlsRecordsPass(Tls* tls) {
	Queue* in = &tls->in;
	for (;;) {
		const uint8_t* record = in->bytes + in->start;
		size_t length, there;
		int whole;
		if (in->length < header)
			return 0;
		length = lengthAt(record + 3);
		there = in->length - header;
		if (!tls->version)
			tls->version = (uint16_t)lengthAt(record + 1);
		if (record[0] == changeCipherSpec)
			tls->encrypted = 1;
		if (length > longest)
			return -1;
		if (record[0] != handshakeRecord)
			break;
		whole = endsWhole(record + header, length, there < length ? there : length);
		if (whole > 0)
			break;
		if (whole < 0 || there < length)
			return 0;
		whole = join(in);
		if (whole == 0)
			return 0;
		if (whole < 0)
			break; /* mbedTLS will refuse it */
	}
	tls->passing = header + lengthAt(in->bytes + in->start + 3);
	return 1;
}

/*
 * What mbedTLS leaves open about certificates: dates against the device's own clock (mbedTLS is built without one, and
 * ESP-IDF's is by default), IP addresses as host names, and which of several breaches is the one to tell.
 */
#include "tls.h"

#include <string.h>

#include "mbedtls/asn1.h"

/* Seconds since 1970 of a date in UTC (days by the rules of the Gregorian calendar, years counted from March). */
static int64_t secondsOf(const mbedtls_x509_time* time) {
	int64_t year = time->mon <= 2 ? time->year - 1 : time->year;
	int64_t month = time->mon <= 2 ? time->mon + 9 : time->mon - 3;
	int64_t days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + time->day - 1 - 719468;
	return ((days * 24 + time->hour) * 60 + time->min) * 60 + time->sec;
}

/* The content of the certificate's subjectAltName (RFC 5280 4.2.1.6): a sequence of general names. 0 without one. */
static int alternativeNames(const mbedtls_x509_crt* certificate, uint8_t** start, uint8_t** end) {
	static const uint8_t id[] = {0x55, 0x1D, 0x11};
	uint8_t* at = certificate->v3_ext.p;
	uint8_t* last = at + certificate->v3_ext.len;
	const int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
	size_t length;
	if (!at || mbedtls_asn1_get_tag(&at, last, &length, sequence))
		return 0;
	last = at + length;
	while (at < last) {
		uint8_t *next, *oid;
		int critical;
		if (mbedtls_asn1_get_tag(&at, last, &length, sequence))
			return 0;
		next = at + length;
		if (mbedtls_asn1_get_tag(&at, next, &length, MBEDTLS_ASN1_OID))
			return 0;
		oid = at;
		at += length;
		if (length == sizeof(id) && !memcmp(oid, id, sizeof(id))) {
			(void)mbedtls_asn1_get_bool(&at, next, &critical);
			if (mbedtls_asn1_get_tag(&at, next, &length, MBEDTLS_ASN1_OCTET_STRING) ||
				mbedtls_asn1_get_tag(&at, next, &length, sequence))
				return 0;
			*start = at;
			*end = at + length;
			return 1;
		}
		at = next;
	}
	return 0;
}

static int hasAddress(const mbedtls_x509_crt* certificate, const uint8_t* address, size_t addressLength) {
	uint8_t *at, *end;
	size_t length;
	if (!alternativeNames(certificate, &at, &end))
		return 0;
	while (end - at >= 2) {
		int isAddress = *at++ == (MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7);
		if (mbedtls_asn1_get_len(&at, end, &length))
			return 0;
		if (isAddress && length == addressLength && !memcmp(at, address, length))
			return 1;
		at += length;
	}
	return 0;
}

static int sameName(const mbedtls_x509_buf* a, const mbedtls_x509_buf* b) {
	return a->len && a->len == b->len && !memcmp(a->p, b->p, a->len);
}

/* Called for each certificate of the chain, the topmost first, the server's own (depth 0) last. */
int tlsVerify(void* context, mbedtls_x509_crt* certificate, int depth, uint32_t* flags) {
	Verifier* it = context;
	*flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
	if (it->clockIsSet) {
		if (it->now > secondsOf(&certificate->valid_to))
			*flags |= MBEDTLS_X509_BADCERT_EXPIRED;
		if (it->now < secondsOf(&certificate->valid_from))
			*flags |= MBEDTLS_X509_BADCERT_FUTURE;
	}
	if (depth == 0) {
		if (it->addressLength && !hasAddress(certificate, it->address, it->addressLength))
			*flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
		if (*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) {
			it->selfSigned = (uint8_t)sameName(&certificate->issuer_raw, &certificate->subject_raw);
			it->brokenChain = (uint8_t)(certificate->next && certificate->next->raw.len &&
										!sameName(&certificate->issuer_raw, &certificate->next->subject_raw));
		}
	}
	it->flags |= *flags;
	return 0;
}

/* The breach that makes the others pointless comes first: who vouches, how well, for whom, until when. */
TlsFailure tlsVerifyFailure(const Verifier* it) {
	const uint32_t flags = it->flags;
	const uint32_t weak = MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY;
	if (flags & weak)
		return tlsWeakAlgorithm;
	if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
		return it->selfSigned ? tlsSelfSigned : it->brokenChain ? tlsBrokenChain : tlsUnknownIssuer;
	if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH)
		return tlsWrongHost;
	if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
		return tlsExpired;
	if (flags & MBEDTLS_X509_BADCERT_FUTURE)
		return tlsNotYetValid;
	if (flags & (MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
				 MBEDTLS_X509_BADCERT_NS_CERT_TYPE))
		return tlsWrongUsage;
	return tlsBadCertificate;
}

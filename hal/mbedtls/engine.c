#include <string.h>

#include "crypto.h"
#include "heap.h"
#include "tls.h"

/* The most that waits to be drained: the handshake's largest flight, or three records. */
enum { outMaximum = 16384 };

const char* const tlsFailureNames[] = {
	"",
	"expired",
	"not-yet-valid",
	"clock-not-set",
	"wrong-host",
	"self-signed",
	"unknown-issuer",
	"broken-chain",
	"weak-algorithm",
	"wrong-usage",
	"bad-certificate",
	"protocol-version",
	"no-shared-cipher",
	"handshake",
	"alert",
	"truncated",
	"bad-record",
	"closed",
	"closed-without-notify",
	"no-memory",
	"no-random",
	"internal",
};

/* -- queues */

void tlsQueueFree(Queue* queue) {
	if (queue->bytes)
		wipe(queue->bytes, queue->capacity);
	tlsFree(queue->bytes);
	memset(queue, 0, sizeof(*queue));
}

void tlsQueueTake(Queue* queue, size_t length) {
	queue->start += length;
	queue->length -= length;
	if (queue->length == 0)
		queue->start = 0;
}

/*
 * Grows when it must: the sizes of a connection's packets soon repeat, and then nothing is allocated any more. What goes
 * in is bounded by its callers: one read of the socket, or one flight of the handshake.
 */
static int queuePut(Queue* queue, const uint8_t* bytes, size_t length) {
	if (queue->start + queue->length + length > queue->capacity) {
		size_t needed = queue->length + length;
		if (needed > queue->capacity) {
			size_t capacity = (needed + 255) & ~(size_t)255;
			uint8_t* grown = tlsCalloc(1, capacity);
			if (!grown)
				return 0;
			if (queue->length)
				memcpy(grown, queue->bytes + queue->start, queue->length);
			tlsFree(queue->bytes);
			queue->bytes = grown;
			queue->capacity = capacity;
		} else
			memmove(queue->bytes, queue->bytes + queue->start, queue->length);
		queue->start = 0;
	}
	memcpy(queue->bytes + queue->start + queue->length, bytes, length);
	queue->length += length;
	return 1;
}

/* -- what mbedTLS calls for its bytes */

static int takeIn(void* context, unsigned char* bytes, size_t length) {
	Tls* tls = context;
	/* Once they're encrypted, and all of what passed before is taken, records go as they come. */
	if (tls->passing || !tls->encrypted) {
		int pass = tls->passing ? 1 : tlsRecordsPass(tls);
		if (pass < 0)
			return MBEDTLS_ERR_SSL_INVALID_RECORD;
		if (pass == 0 || tls->in.length == 0) {
			tls->starved = 1;
			return MBEDTLS_ERR_SSL_WANT_READ;
		}
		if (length > tls->passing)
			length = tls->passing;
		if (length > tls->in.length)
			length = tls->in.length;
		tls->passing -= length;
	}
	if (tls->in.length) {
		if (length > tls->in.length)
			length = tls->in.length;
		memcpy(bytes, tls->in.bytes + tls->in.start, length);
		tlsQueueTake(&tls->in, length);
	} else if (tls->fedLength) {
		if (length > tls->fedLength)
			length = tls->fedLength;
		memcpy(bytes, tls->fed, length);
		tls->fed += length;
		tls->fedLength -= length;
	} else {
		tls->starved = 1;
		return MBEDTLS_ERR_SSL_WANT_READ;
	}
	return (int)length;
}

static int putOut(void* context, const unsigned char* bytes, size_t length) {
	Tls* tls = context;
	/* A peer that asks and asks and never reads (HelloRequests) would have us collect answers for ever. */
	if (tls->out.length + length > outMaximum || !queuePut(&tls->out, bytes, length))
		return MBEDTLS_ERR_SSL_ALLOC_FAILED;
	return (int)length;
}

void tlsConnectQueues(Tls* tls) { mbedtls_ssl_set_bio(&tls->ssl, tls, putOut, takeIn, NULL); }

/* -- failures */

void tlsFail(Tls* tls, TlsFailure failure, int detail) {
	if (tls->failure == tlsFine) {
		tls->failure = failure;
		tls->detail = detail;
	}
}

/* RFC 5246 7.2.2; some alerts say what our own codes say. */
static void failByAlert(Tls* tls) {
	int alert = compatAlert(&tls->ssl);
	int first = compatState(&tls->ssl) <= MBEDTLS_SSL_SERVER_HELLO;
	/* A server of TLS 1.1 finds no suite that it knows, but says in its record which version it wanted. */
	int older = first && tls->version < 0x0303;
	if (alert == MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION || (older && alert == MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE))
		tlsFail(tls, tlsProtocolVersion, alert);
	else if (alert == MBEDTLS_SSL_ALERT_MSG_INSUFFICIENT_SECURITY ||
			 (first && alert == MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE))
		tlsFail(tls, tlsNoSharedCipher, alert);
	else
		tlsFail(tls, tlsAlert, alert);
}

/* Some of these numbers are equal in 4.x, so no switch. */
static TlsFailure failureOf(const Tls* tls, int error) {
	if (error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED)
		return tlsVerifyFailure(&tls->verifier);
	if (error == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
		return tls->ready ? tlsClosed : tlsTruncated;
	if (error == MBEDTLS_ERR_SSL_INVALID_MAC || error == MBEDTLS_ERR_SSL_INVALID_RECORD)
		return tlsBadRecord;
	if (error == compatBadVersion)
		return tlsProtocolVersion;
	if (error == MBEDTLS_ERR_SSL_ALLOC_FAILED || error == MBEDTLS_ERR_X509_ALLOC_FAILED ||
		error == PSA_ERROR_INSUFFICIENT_MEMORY)
		return tlsNoMemory;
	if (error == PSA_ERROR_INSUFFICIENT_ENTROPY)
		return tlsNoRandom;
	if (error == MBEDTLS_ERR_SSL_INTERNAL_ERROR)
		return tlsInternal;
	if (error == compatBadCertificate)
		return tlsBadCertificate;
	/* Errors of X.509, or sums of them and of an error of ASN.1 (which are above -0x80). */
	if (error <= MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE && error > -0x3000)
		return tlsBadCertificate;
	return tls->ready ? tlsBadRecord : tlsHandshake;
}

static void failBy(Tls* tls, int error) {
	/* What a certificate may be used for is looked at after tlsVerify. */
	if (error == compatBadCertificate) {
		uint32_t flags = mbedtls_ssl_get_verify_result(&tls->ssl);
		if (flags && flags != UINT32_MAX) {
			tls->verifier.flags |= flags;
			error = MBEDTLS_ERR_X509_CERT_VERIFY_FAILED;
		}
	}
	if (error == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
		failByAlert(tls);
	else if (error == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED)
		tlsFail(tls, failureOf(tls, error), (int)(tls->verifier.flags & 0x7FFFFFFF));
	else if (error == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
		tlsFail(tls, failureOf(tls, error), 0);
	else
		tlsFail(tls, failureOf(tls, error), error);
}

/* -- running */

void tlsForgetCertificates(Tls* tls) {
	mbedtls_ssl_conf_ca_chain(&tls->config, NULL, NULL);
	mbedtls_x509_crt_free(&tls->roots);
	mbedtls_x509_crt_free(&tls->own);
	mbedtls_pk_free(&tls->key);
	mbedtls_x509_crt_init(&tls->roots);
	mbedtls_x509_crt_init(&tls->own);
	mbedtls_pk_init(&tls->key);
}

static int handshake(Tls* tls) {
	while (!compatHandshakeOver(&tls->ssl)) {
		int error;
		tls->starved = 0;
		error = mbedtls_ssl_handshake_step(&tls->ssl);
		if (compatState(&tls->ssl) == MBEDTLS_SSL_SERVER_HELLO_DONE)
			tls->full = 1;
		if (error == MBEDTLS_ERR_SSL_WANT_READ && tls->starved)
			return 0;
		if (error && error != MBEDTLS_ERR_SSL_WANT_READ) {
			failBy(tls, error);
			return -1;
		}
	}
	tls->ready = 1;
	tlsForgetCertificates(tls);
	if (tls->in.length == 0)
		tlsQueueFree(&tls->in);
	return 0;
}

int tlsRun(Tls* tls) {
	if (tls->failure)
		return -1;
	if (!tls->ready) {
		if (handshake(tls))
			return -1;
		if (!tls->ready)
			return 0;
	}
	/* A read of nothing has mbedTLS decrypt the next record. Each turn takes one, so it ends. */
	while (mbedtls_ssl_get_bytes_avail(&tls->ssl) == 0) {
		int error;
		tls->starved = 0;
		error = mbedtls_ssl_read(&tls->ssl, NULL, 0);
		if (error == MBEDTLS_ERR_SSL_WANT_READ && tls->starved)
			return 0;
		if (error < 0 && error != MBEDTLS_ERR_SSL_WANT_READ) {
			failBy(tls, error);
			return -1;
		}
	}
	return (int)mbedtls_ssl_get_bytes_avail(&tls->ssl);
}

int tlsFeed(Tls* tls, const uint8_t* bytes, size_t length) {
	int result;
	if (!tls->encrypted || tls->passing) {
		if (length && !queuePut(&tls->in, bytes, length)) {
			tlsFail(tls, tlsNoMemory, 0);
			return -1;
		}
		length = 0;
	}
	tls->fed = bytes;
	tls->fedLength = length;
	result = tlsRun(tls);
	if (tls->fedLength && result >= 0 && !queuePut(&tls->in, tls->fed, tls->fedLength)) {
		tlsFail(tls, tlsNoMemory, 0);
		result = -1;
	}
	tls->fed = NULL;
	tls->fedLength = 0;
	return result;
}

int tlsRead(Tls* tls, uint8_t* bytes, size_t length) {
	size_t done = 0;
	while (done < length) {
		int got;
		if (tlsRun(tls) <= 0)
			break;
		got = mbedtls_ssl_read(&tls->ssl, bytes + done, length - done);
		if (got <= 0)
			break;
		done += (size_t)got;
	}
	/* What was decrypted before the failure is still good: the failure comes with the next call. */
	return done || !tls->failure ? (int)done : -1;
}

int tlsWrite(Tls* tls, const uint8_t* bytes, size_t length) {
	int written = mbedtls_ssl_write(&tls->ssl, bytes, length);
	if (written == (int)length)
		return 0;
	failBy(tls, written < 0 ? written : MBEDTLS_ERR_SSL_INTERNAL_ERROR);
	return -1;
}

void tlsEnd(Tls* tls) {
	if (!tls->ready || tls->in.length || compatInsideRecord(&tls->ssl))
		tlsFail(tls, tlsTruncated, 0);
	else
		tlsFail(tls, tlsClosedWithoutNotify, 0);
}

void tlsFinish(Tls* tls) {
	if (tls->finished || !tls->ready || (tls->failure && tls->failure != tlsClosed))
		return;
	tls->finished = 1;
	(void)mbedtls_ssl_close_notify(&tls->ssl);
}

/*
 * The TLS engine of hal/tls: mbedTLS between two queues, no socket. tls.c marshals, engine.c runs it, verify.c decides
 * about certificates, session.c exports and imports sessions.
 */
#ifndef LINKXS_TLS_H
#define LINKXS_TLS_H

#include "compat.h"
#include "key.h"

/* What ended a connection, in the order of tlsFailureNames (engine.c), which are the codes of hal/tls. */
typedef enum {
	tlsFine,
	tlsExpired,
	tlsNotYetValid,
	tlsClockNotSet,
	tlsWrongHost,
	tlsSelfSigned,
	tlsUnknownIssuer,
	tlsBrokenChain,
	tlsWeakAlgorithm,
	tlsWrongUsage,
	tlsBadCertificate,
	tlsProtocolVersion,
	tlsNoSharedCipher,
	tlsHandshake,
	tlsAlert,
	tlsTruncated,
	tlsBadRecord,
	tlsClosed,
	tlsClosedWithoutNotify,
	tlsNoMemory,
	tlsNoRandom,
	tlsInternal
} TlsFailure;

extern const char* const tlsFailureNames[];

/* Bytes that wait: from `start`, `length` of them. */
typedef struct {
	uint8_t* bytes;
	size_t start, length, capacity;
} Queue;

/* What verify.c goes by, and what it found. */
typedef struct {
	int64_t now; /* seconds since 1970 */
	uint8_t clockIsSet;
	uint8_t address[16]; /* the host, when it's an IP address */
	uint8_t addressLength;
	uint8_t selfSigned;
	uint8_t brokenChain;
	uint32_t flags;
} Verifier;

#define tlsHostMaximum 253
#define tlsProtocolMaximum 7

typedef struct {
	mbedtls_ssl_context ssl;
	mbedtls_ssl_config config;
	mbedtls_x509_crt roots, own;
	mbedtls_pk_context key;
	Verifier verifier;
	Queue in, out;
	/* During one call of `feed` only: the caller's bytes, and how many of them are left. */
	const uint8_t* fed;
	size_t fedLength;
	/* records.c: how many bytes at the head of `in` mbedTLS may have; whether the server's records are encrypted by now */
	size_t passing;
	uint8_t encrypted;
	/* the protocol version in the server's first record, 0 before it */
	uint16_t version;
	uint8_t starved;
	uint8_t ready;
	uint8_t readyTold; /* to tls-socket.ts */
	uint8_t full; /* the server sent its certificate or key exchange: nothing was resumed */
	uint8_t finished;
	TlsFailure failure;
	int detail;
	const char* protocols[tlsProtocolMaximum + 1];
	char* protocolText;
	uint8_t fragmentCode;
	char host[tlsHostMaximum + 1];
} Tls;

/* Which option can't be used; tls.ts knows them by number. */
enum { badRoots = -1, badCertificate = -2, badKey = -3, badPsk = -4, badProtocols = -5, noMemory = -6, noRandom = -7 };

/* tls-options.c: all of the configuration; 0, or which option it fails by */
int tlsConfigure(xsMachine* the, Tls* tls);

/* records.c: see there */
int tlsRecordsPass(Tls* tls);

/* engine.c */
void tlsConnectQueues(Tls* tls);
/* Go on as far as the bytes that are there allow. Bytes that can be read, or -1 when it has failed. */
int tlsRun(Tls* tls);
/* tlsRun with `length` more bytes from the peer; none of them is needed afterwards. */
int tlsFeed(Tls* tls, const uint8_t* bytes, size_t length);
/* Up to `length` decrypted bytes; -1 when it has failed. */
int tlsRead(Tls* tls, uint8_t* bytes, size_t length);
/* One record; 0 when it's done, -1 when it has failed. */
int tlsWrite(Tls* tls, const uint8_t* bytes, size_t length);
/* The peer's stream has ended: sets the failure. */
void tlsEnd(Tls* tls);
void tlsFinish(Tls* tls);
void tlsQueueFree(Queue* queue);
void tlsQueueTake(Queue* queue, size_t length);
void tlsFail(Tls* tls, TlsFailure failure, int detail);
/* What only the handshake needs: roots, own certificate and key. */
void tlsForgetCertificates(Tls* tls);

/* verify.c */
int tlsVerify(void* verifier, mbedtls_x509_crt* certificate, int depth, uint32_t* flags);
TlsFailure tlsVerifyFailure(const Verifier* verifier);

/* session.c */
Key* tlsSessionExport(xsMachine* the, Tls* tls);
void tlsSessionImport(Tls* tls, const Key* exported);

#endif

/* The C side of hal/tls's Tls: options in, bytes in and out. tls.ts checks the options and throws what went wrong. */
#include "tls.h"

#include <string.h>

#include "crypto.h"
#include "heap.h"
#include "mc.xs.h"

void xs_tls_destructor(void* data);

static const xsHostHooks tlsHooks = {xs_tls_destructor, NULL, NULL};

void xs_tls_destructor(void* data) {
	Tls* tls = data;
	if (!tls)
		return;
	mbedtls_ssl_free(&tls->ssl);
	mbedtls_ssl_config_free(&tls->config);
	mbedtls_x509_crt_free(&tls->roots);
	mbedtls_x509_crt_free(&tls->own);
	mbedtls_pk_free(&tls->key);
	tlsQueueFree(&tls->in);
	tlsQueueFree(&tls->out);
	tlsFree(tls->protocolText);
	wipe(tls, sizeof(*tls));
	tlsFree(tls);
}

static Tls* tlsIn(xsMachine* the, xsSlot* slot) {
	Tls* tls = xsmcGetHostDataValidate(*slot, (void*)&tlsHooks);
	if (!tls)
		xsTypeError("the TLS engine is closed");
	return tls;
}

static Tls* tlsOf(xsMachine* the) { return tlsIn(the, &xsThis); }

static Tls* tlsNew(void) {
	Tls* tls = tlsCalloc(1, sizeof(Tls));
	if (!tls)
		return NULL;
	mbedtls_ssl_init(&tls->ssl);
	mbedtls_ssl_config_init(&tls->config);
	mbedtls_x509_crt_init(&tls->roots);
	mbedtls_x509_crt_init(&tls->own);
	mbedtls_pk_init(&tls->key);
	return tls;
}

/* Set the connection up and put the ClientHello into the queue. */
static int start(xsMachine* the, Tls* tls) {
	if (mbedtls_ssl_setup(&tls->ssl, &tls->config))
		return noMemory;
	if (mbedtls_ssl_set_hostname(&tls->ssl, tls->verifier.addressLength ? NULL : tls->host))
		return noMemory;
	tlsConnectQueues(tls);
	xsmcGet(xsVar(0), xsArg(0), xsID_session);
	if (xsmcTypeOf(xsVar(0)) != xsUndefinedType)
		tlsSessionImport(tls, keyOf(the, &xsVar(0)));
	tlsHeapSetUp();
	tlsRun(tls);
	return tls->failure == tlsNoMemory ? noMemory : 0;
}

static int make(xsMachine* the) {
	Tls* tls = tlsNew();
	int status;
	if (!tls)
		return noMemory;
	hostOwn(the, &xsThis, tls, &tlsHooks);
	xsmcGet(xsVar(0), xsArg(0), xsID_host);
	xsmcToStringBuffer(xsVar(0), tls->host, sizeof(tls->host));
	status = tlsConfigure(the, tls);
	return status ? status : start(the, tls);
}

/* (settings, Key.prototype): 0, or a number below it for what can't be used */
void xs_tls_constructor(xsMachine* the) {
	int status;
	xsmcVars(2);
	if (cryptoStart() != PSA_SUCCESS) {
		xsmcSetInteger(xsResult, noRandom);
		return;
	}
	status = make(the);
	if (status == noMemory) {
		/* The collector sees JavaScript's memory alone: engines that nobody has any more may hold the C heap. */
		xs_tls_destructor(xsmcGetHostData(xsThis));
		xsmcSetHostData(xsThis, NULL);
		xsCollectGarbage();
		status = make(the);
	}
	xsmcSetInteger(xsResult, status);
}

void xs_tls_close(xsMachine* the) {
	Tls* tls = xsmcGetHostDataValidate(xsThis, (void*)&tlsHooks);
	xsmcSetHostData(xsThis, NULL);
	xs_tls_destructor(tls);
}

/* -- bytes */

/* (bytes?): what can be read, or -1 */
void xs_tls_feed(xsMachine* the) {
	Tls* tls = tlsOf(the);
	void* bytes = NULL;
	xsUnsignedValue length = 0;
	if (xsmcArgc > 0 && xsmcTypeOf(xsArg(0)) != xsUndefinedType)
		xsmcGetBufferReadable(xsArg(0), &bytes, &length);
	xsmcSetInteger(xsResult, tlsFeed(tls, bytes, length));
}

/* (limit): bytes for the peer */
void xs_tls_drain(xsMachine* the) {
	Tls* tls = tlsOf(the);
	size_t length = tls->out.length;
	if (xsmcArgc > 0 && xsmcTypeOf(xsArg(0)) != xsUndefinedType) {
		xsIntegerValue limit = xsmcToInteger(xsArg(0));
		if (limit >= 0 && (size_t)limit < length)
			length = (size_t)limit;
	}
	if (length == 0)
		return;
	xsmcSetArrayBuffer(xsResult, tls->out.bytes + tls->out.start, (xsIntegerValue)length);
	tlsQueueTake(&tls->out, length);
	/* The handshake's flights are the largest that it ever holds: give that back. */
	if (tls->ready && tls->out.length == 0 && tls->out.capacity > 1024)
		tlsQueueFree(&tls->out);
}

/* `into`: undefined, byteLength or buffer. The result: an ArrayBuffer, how many bytes the buffer got, or -1. */
static void readInto(xsMachine* the, Tls* tls, xsSlot* into) {
	int available = tlsRun(tls);
	if (available < 0) {
		xsmcSetInteger(xsResult, -1);
		return;
	}
	if (into && xsmcTypeOf(*into) == xsReferenceType) {
		void* bytes;
		xsUnsignedValue length;
		xsmcGetBufferWritable(*into, &bytes, &length);
		xsmcSetInteger(xsResult, tlsRead(tls, bytes, length));
		return;
	}
	if (into && xsmcTypeOf(*into) != xsUndefinedType) {
		xsIntegerValue wanted = xsmcToInteger(*into);
		if (wanted <= 0)
			xsRangeError("nothing to read");
		if (wanted < available)
			available = wanted;
	}
	if (available == 0)
		return;
	xsmcSetArrayBuffer(xsResult, NULL, available);
	(void)tlsRead(tls, xsmcToArrayBuffer(xsResult), (size_t)available);
}

void xs_tls_read(xsMachine* the) { readInto(the, tlsOf(the), xsmcArgc > 0 ? &xsArg(0) : NULL); }

/* 0, -1 when it has failed, -2 when they are too many */
static int writeFrom(xsMachine* the, Tls* tls, xsSlot* from) {
	void* bytes;
	xsUnsignedValue length;
	xsmcGetBufferReadable(*from, &bytes, &length);
	if (!tls->ready || tls->failure || tls->finished)
		return -1;
	if ((int)length > mbedtls_ssl_get_max_out_record_payload(&tls->ssl))
		return -2;
	return length ? tlsWrite(tls, bytes, length) : 0;
}

/* (bytes) */
void xs_tls_write(xsMachine* the) { xsmcSetInteger(xsResult, writeFrom(the, tlsOf(the), &xsArg(0))); }

/* -- the same for tls-socket.ts, the engine as an argument and several steps in a call: each packet goes through them */

/* What `xs_tls_open` says beside the bytes that can be read, which are less than 1 << 24; that it's ready only once. */
enum { openMore = 1 << 24, openWaiting = 1 << 25, openReady = 1 << 26 };

/* (tls, bytes?): feed, and what there is to do after it: -1 when it has failed */
void xs_tls_open(xsMachine* the) {
	Tls* tls = tlsIn(the, &xsArg(0));
	void* bytes = NULL;
	xsUnsignedValue length = 0;
	int result;
	if (xsmcArgc > 1)
		xsmcGetBufferReadable(xsArg(1), &bytes, &length);
	result = tlsFeed(tls, bytes, length);
	if (result >= 0) {
		result |= (tls->in.length ? openMore : 0) | (tls->out.length ? openWaiting : 0);
		if (tls->ready && !tls->readyTold) {
			tls->readyTold = 1;
			result |= openReady;
		}
	}
	xsmcSetInteger(xsResult, result);
}

/* (tls, into) */
void xs_tls_take(xsMachine* the) { readInto(the, tlsIn(the, &xsArg(0)), xsmcArgc > 1 ? &xsArg(1) : NULL); }

/* (tls, bytes): write, then all that waits for the peer; a number is a failure as of write */
void xs_tls_seal(xsMachine* the) {
	Tls* tls = tlsIn(the, &xsArg(0));
	int status = writeFrom(the, tls, &xsArg(1));
	if (status) {
		xsmcSetInteger(xsResult, status);
		return;
	}
	xsmcSetArrayBuffer(xsResult, tls->out.bytes + tls->out.start, (xsIntegerValue)tls->out.length);
	tlsQueueTake(&tls->out, tls->out.length);
}

void xs_tls_end(xsMachine* the) { tlsEnd(tlsOf(the)); }

void xs_tls_finish(xsMachine* the) { tlsFinish(tlsOf(the)); }

/* -- state */

void xs_tls_get_ready(xsMachine* the) { xsmcSetBoolean(xsResult, tlsOf(the)->ready); }

void xs_tls_get_resumed(xsMachine* the) {
	Tls* tls = tlsOf(the);
	xsmcSetBoolean(xsResult, tls->ready && !tls->full);
}

void xs_tls_get_maxWrite(xsMachine* the) {
	Tls* tls = tlsOf(the);
	int length = tls->ready ? mbedtls_ssl_get_max_out_record_payload(&tls->ssl) : 0;
	xsmcSetInteger(xsResult, length < 0 ? 0 : length);
}

void xs_tls_get_code(xsMachine* the) { xsmcSetString(xsResult, (char*)tlsFailureNames[tlsOf(the)->failure]); }

void xs_tls_get_detail(xsMachine* the) { xsmcSetInteger(xsResult, tlsOf(the)->detail); }

void xs_tls_get_cipherSuite(xsMachine* the) {
	Tls* tls = tlsOf(the);
	const char* name = tls->ready ? mbedtls_ssl_get_ciphersuite(&tls->ssl) : NULL;
	if (name)
		xsmcSetString(xsResult, (char*)name);
}

void xs_tls_get_protocol(xsMachine* the) {
	Tls* tls = tlsOf(the);
	const char* name = tls->ready ? mbedtls_ssl_get_alpn_protocol(&tls->ssl) : NULL;
	if (name)
		xsmcSetString(xsResult, (char*)name);
}

/* Into a new Key: (key): whether there's a session */
void xs_tls_session(xsMachine* the) {
	Key* session = tlsSessionExport(the, tlsOf(the));
	if (session)
		keyPut(the, &xsArg(0), session);
	xsmcSetBoolean(xsResult, session != NULL);
}

/*
 * The options of hal/tls's Tls into mbedTLS's configuration. They come checked by tls.ts, as xsArg(0) of its constructor;
 * xsArg(1) is Key.prototype, xsVar(0) and xsVar(1) are free.
 */
#include <string.h>

#include "heap.h"
#include "mc.xs.h"
#include "tls.h"

/* A copy that ends in NUL, as mbedTLS wants PEM. `xsVar(0)` is the value: string, bytes or key. Freed by `textFree`. */
typedef struct {
	uint8_t* bytes;
	size_t length;
} Text;

static Text textOf(xsMachine* the, xsSlot* keyPrototype) {
	Text text = {NULL, 0};
	Span span;
	if (xsmcTypeOf(xsVar(0)) == xsStringType) {
		span.bytes = (const uint8_t*)xsmcToString(xsVar(0));
		span.length = strlen((const char*)span.bytes);
	} else
		span = spanOf(the, &xsVar(0), keyPrototype);
	text.bytes = tlsCalloc(1, span.length + 1);
	if (text.bytes) {
		memcpy(text.bytes, span.bytes, span.length);
		text.length = span.length;
		/* mbedTLS counts the NUL of PEM, and must not see one behind DER. */
		if (strstr((const char*)text.bytes, "-----BEGIN "))
			text.length += 1;
	}
	return text;
}

static void textFree(Text* text) {
	if (text->bytes)
		wipe(text->bytes, text->length);
	tlsFree(text->bytes);
}

/* Into `chain`, from xsVar(0). A bundle may hold some that this build can't read, as long as it can read others. */
static int certificates(xsMachine* the, mbedtls_x509_crt* chain, xsSlot* keyPrototype, int allowSome) {
	Text text = textOf(the, keyPrototype);
	int failed;
	if (!text.bytes)
		return noMemory;
	failed = mbedtls_x509_crt_parse(chain, text.bytes, text.length);
	textFree(&text);
	if (failed == 0 || (allowSome && failed > 0 && chain->raw.len))
		return 0;
	return failed == MBEDTLS_ERR_X509_ALLOC_FAILED ? noMemory : badRoots;
}

static int setRoots(xsMachine* the, Tls* tls) {
	xsIntegerValue count;
	xsmcGet(xsVar(1), xsArg(0), xsID_roots);
	xsmcGet(xsVar(0), xsVar(1), xsID_length);
	count = xsmcToInteger(xsVar(0));
	for (xsIntegerValue i = 0; i < count; i++) {
		int status;
		xsmcGetIndex(xsVar(0), xsVar(1), (xsIndex)i);
		status = certificates(the, &tls->roots, &xsArg(1), 1);
		if (status)
			return status;
	}
	mbedtls_ssl_conf_ca_chain(&tls->config, &tls->roots, NULL);
	return 0;
}

static int setOwnCertificate(xsMachine* the, Tls* tls) {
	Text text;
	int status;
	xsmcGet(xsVar(0), xsArg(0), xsID_certificate);
	if (xsmcTypeOf(xsVar(0)) == xsUndefinedType)
		return 0;
	status = certificates(the, &tls->own, &xsArg(1), 0);
	if (status)
		return status == badRoots ? badCertificate : status;
	xsmcGet(xsVar(0), xsArg(0), xsID_key);
	text = textOf(the, &xsArg(1));
	if (!text.bytes)
		return noMemory;
	status = compatParseKey(&tls->key, text.bytes, text.length);
	textFree(&text);
	if (status || !compatKeyFits(&tls->own.pk, &tls->key) ||
		mbedtls_ssl_conf_own_cert(&tls->config, &tls->own, &tls->key))
		return badKey;
	return 0;
}

static int setPsk(xsMachine* the, Tls* tls) {
	Text identity;
	Span key;
	int status;
	xsmcGet(xsVar(0), xsArg(0), xsID_psk);
	(void)spanOf(the, &xsVar(0), &xsArg(1)); /* throws for a closed Key: before there's anything to free */
	xsmcGet(xsVar(0), xsArg(0), xsID_identity);
	identity = textOf(the, &xsArg(1));
	if (!identity.bytes)
		return noMemory;
	xsmcGet(xsVar(0), xsArg(0), xsID_psk);
	key = spanOf(the, &xsVar(0), &xsArg(1));
	status = mbedtls_ssl_conf_psk(&tls->config, key.bytes, key.length, identity.bytes, identity.length);
	textFree(&identity);
	return status ? badPsk : 0;
}

/* `alpn`: the protocols, each behind the other with a line feed between them. mbedTLS keeps pointers to them. */
static int setProtocols(xsMachine* the, Tls* tls) {
	const char* text;
	size_t length;
	int count = 0;
	xsmcGet(xsVar(0), xsArg(0), xsID_alpn);
	if (xsmcTypeOf(xsVar(0)) == xsUndefinedType)
		return 0;
	text = xsmcToString(xsVar(0));
	length = strlen(text);
	tls->protocolText = tlsCalloc(1, length + 1);
	if (!tls->protocolText)
		return noMemory;
	memcpy(tls->protocolText, text, length);
	for (char* at = tls->protocolText; at && count < tlsProtocolMaximum;) {
		char* next = strchr(at, '\n');
		if (next)
			*next++ = 0;
		tls->protocols[count++] = at;
		at = next;
	}
	return mbedtls_ssl_conf_alpn_protocols(&tls->config, tls->protocols) ? badProtocols : 0;
}

static void setVerifier(xsMachine* the, Tls* tls) {
	xsmcGet(xsVar(0), xsArg(0), xsID_now);
	tls->verifier.clockIsSet = xsmcTypeOf(xsVar(0)) != xsUndefinedType;
	if (tls->verifier.clockIsSet)
		tls->verifier.now = (int64_t)(xsmcToNumber(xsVar(0)) / 1000);
	xsmcGet(xsVar(0), xsArg(0), xsID_address);
	if (xsmcTypeOf(xsVar(0)) != xsUndefinedType) {
		void* bytes;
		xsUnsignedValue length;
		xsmcGetBufferReadable(xsVar(0), &bytes, &length);
		if (length != 4 && length != 16)
			xsRangeError("no address");
		memcpy(tls->verifier.address, bytes, length);
		tls->verifier.addressLength = (uint8_t)length;
	}
	mbedtls_ssl_conf_verify(&tls->config, tlsVerify, &tls->verifier);
	/* What this cancels could only make verification optional; required is the client's default, said for the reader. */
	mbedtls_ssl_conf_authmode(&tls->config, MBEDTLS_SSL_VERIFY_REQUIRED);
	mbedtls_ssl_conf_cert_profile(&tls->config, &mbedtls_x509_crt_profile_next);
}

static void setSuites(Tls* tls, int withPsk) {
	static const int certified[] = {MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
									MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
									MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
									MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
									MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
									MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
									0};
	static const int shared[] = {MBEDTLS_TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256,
								 MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256, MBEDTLS_TLS_PSK_WITH_AES_256_GCM_SHA384,
								 MBEDTLS_TLS_PSK_WITH_CHACHA20_POLY1305_SHA256, 0};
	mbedtls_ssl_conf_ciphersuites(&tls->config, withPsk ? shared : certified);
}

static unsigned char fragmentCode(xsIntegerValue bytes) {
	switch (bytes) {
	case 512:
		return MBEDTLS_SSL_MAX_FRAG_LEN_512;
	case 1024:
		return MBEDTLS_SSL_MAX_FRAG_LEN_1024;
	case 2048:
		return MBEDTLS_SSL_MAX_FRAG_LEN_2048;
	case 4096:
		return MBEDTLS_SSL_MAX_FRAG_LEN_4096;
	default:
		return MBEDTLS_SSL_MAX_FRAG_LEN_NONE;
	}
}

int tlsConfigure(xsMachine* the, Tls* tls) {
	int withPsk, status;
	if (mbedtls_ssl_config_defaults(&tls->config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
									MBEDTLS_SSL_PRESET_DEFAULT))
		return noMemory;
	compatRandomFor(&tls->config);
	compatVersion(&tls->config);
	compatOffer(&tls->config);
	setVerifier(the, tls);
	xsmcGet(xsVar(0), xsArg(0), xsID_psk);
	withPsk = xsmcTypeOf(xsVar(0)) != xsUndefinedType;
	setSuites(tls, withPsk);
	xsmcGet(xsVar(0), xsArg(0), xsID_maxFragmentLength);
	tls->fragmentCode = fragmentCode(xsmcToInteger(xsVar(0)));
	(void)mbedtls_ssl_conf_max_frag_len(&tls->config, tls->fragmentCode);
	status = withPsk ? setPsk(the, tls) : setRoots(the, tls);
	if (!status)
		status = setOwnCertificate(the, tls);
	if (!status)
		status = setProtocols(the, tls);
	return status;
}

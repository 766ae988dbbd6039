/*
 * Sessions to be resumed, outside of a connection: a format byte, the code of max_fragment_length (which may not change,
 * RFC 6066 4), the host's name with its NUL (a session says that this host was verified, and of no other), then mbedTLS's
 * own serialisation, which checks version and configuration itself.
 */
#include <string.h>

#include "mc.xs.h"
#include "tls.h"

#define sessionFormat 1

static size_t prefixLength(const Tls* tls) { return 2 + strlen(tls->host) + 1; }

Key* tlsSessionExport(xsMachine* the, Tls* tls) {
	mbedtls_ssl_session session;
	size_t prefix = prefixLength(tls);
	size_t length = 0;
	int error;
	Key* key = NULL;
	mbedtls_ssl_session_init(&session);
	error = tls->ready ? mbedtls_ssl_get_session(&tls->ssl, &session) : -1;
	if (!error && compatResumable(&session)) {
		(void)mbedtls_ssl_session_save(&session, NULL, 0, &length);
		if (length && prefix + length <= keyMaximum)
			key = keyNew(the, prefix + length);
	}
	if (key) {
		key->bytes[0] = sessionFormat;
		key->bytes[1] = tls->fragmentCode;
		memcpy(key->bytes + 2, tls->host, prefix - 2);
		(void)mbedtls_ssl_session_save(&session, key->bytes + prefix, length, &length);
	}
	mbedtls_ssl_session_free(&session);
	return key;
}

/* One that doesn't fit is ignored: the handshake is a full one then. */
void tlsSessionImport(Tls* tls, const Key* exported) {
	mbedtls_ssl_session session;
	size_t prefix = prefixLength(tls);
	if (exported->length <= prefix || exported->bytes[0] != sessionFormat ||
		exported->bytes[1] != tls->fragmentCode || memcmp(exported->bytes + 2, tls->host, prefix - 2))
		return;
	mbedtls_ssl_session_init(&session);
	if (!mbedtls_ssl_session_load(&session, exported->bytes + prefix, exported->length - prefix))
		(void)mbedtls_ssl_set_session(&tls->ssl, &session);
	mbedtls_ssl_session_free(&session);
}

/*
 * The differences between mbedTLS 2.28, 3.x and 4.x, all of them: no other file of ours may name a legacy mbedtls_*
 * cryptography function (test/unit/legacy-crypto checks it). Cryptography is PSA's (psa/crypto.h), the same in all three.
 */
#ifndef LINKXS_MBEDTLS_COMPAT_H
#define LINKXS_MBEDTLS_COMPAT_H

/*
 * ESP-IDF gives these to whoever asks for its component; mcconfig doesn't ask. Without them structures have other sizes
 * than in the library.
 */
#ifdef ESP_PLATFORM
#define MBEDTLS_MAJOR_VERSION 4
#define MBEDTLS_CONFIG_FILE "mbedtls/esp_config.h"
#define TF_PSA_CRYPTO_USER_CONFIG_FILE "mbedtls/esp_config.h"
#endif

/* 3.x and 4.x rename the fields that this file reads; 2.28 doesn't know the macro. */
#ifndef MBEDTLS_ALLOW_PRIVATE_ACCESS
#define MBEDTLS_ALLOW_PRIVATE_ACCESS
#endif

#include "psa/crypto.h"
#include "mbedtls/version.h"
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"
#include "mbedtls/pk.h"

#if MBEDTLS_VERSION_NUMBER < 0x021C0000
#error "mbedTLS 2.28 or later is needed"
#endif

/* 4.x takes random numbers from PSA by itself; before it, every function that needs them is given this one. */
#if MBEDTLS_VERSION_NUMBER < 0x04000000
static inline int compatRandom(void* context, unsigned char* output, size_t length) {
	(void)context;
	return psa_generate_random(output, length) == PSA_SUCCESS ? 0 : MBEDTLS_ERR_PK_FILE_IO_ERROR;
}
#endif

static inline void compatRandomFor(mbedtls_ssl_config* config) {
#if MBEDTLS_VERSION_NUMBER < 0x04000000
	mbedtls_ssl_conf_rng(config, compatRandom, NULL);
#else
	(void)config;
#endif
}

/* A private key, DER, or PEM whose length counts the NUL at its end. */
static inline int compatParseKey(mbedtls_pk_context* key, const uint8_t* bytes, size_t length) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && MBEDTLS_VERSION_NUMBER < 0x04000000
	return mbedtls_pk_parse_key(key, bytes, length, NULL, 0, compatRandom, NULL);
#else
	return mbedtls_pk_parse_key(key, bytes, length, NULL, 0);
#endif
}

/* Whether the key is the certificate's. */
static inline int compatKeyFits(const mbedtls_pk_context* ofCertificate, const mbedtls_pk_context* key) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && MBEDTLS_VERSION_NUMBER < 0x04000000
	return mbedtls_pk_check_pair(ofCertificate, key, compatRandom, NULL) == 0;
#else
	return mbedtls_pk_check_pair(ofCertificate, key) == 0;
#endif
}

/*
 * What the ClientHello offers: key exchange on X25519, P-256, P-384 and signatures with SHA-256, -384, -512, the
 * preferred ones first. Few of each: every further one costs two bytes in each handshake.
 */
static inline void compatOffer(mbedtls_ssl_config* config) {
#if MBEDTLS_VERSION_NUMBER < 0x03000000
	static const mbedtls_ecp_group_id groups[] = {MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1,
												  MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_NONE};
	static const int hashes[] = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512, MBEDTLS_MD_NONE};
	mbedtls_ssl_conf_curves(config, groups);
	mbedtls_ssl_conf_sig_hashes(config, hashes);
#else
	static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_X25519, MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
									  MBEDTLS_SSL_IANA_TLS_GROUP_SECP384R1, MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
	static const uint16_t algorithms[] = {
		MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,
		MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384, MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
		MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,	   MBEDTLS_TLS1_3_SIG_NONE};
	mbedtls_ssl_conf_groups(config, groups);
	mbedtls_ssl_conf_sig_algs(config, algorithms);
#endif
}

/* TLS 1.2 and nothing else. */
static inline void compatVersion(mbedtls_ssl_config* config) {
#if MBEDTLS_VERSION_NUMBER < 0x03000000
	mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
	mbedtls_ssl_conf_max_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#else
	mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
	mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
#endif
}

/* The number of the fatal alert that ended the connection. */
static inline int compatAlert(const mbedtls_ssl_context* ssl) {
#if MBEDTLS_VERSION_NUMBER >= 0x04010000
	return ssl->in_fatal_alert_type;
#else
	return ssl->in_msg ? ssl->in_msg[1] : 0;
#endif
}

/* Why a handshake failed, where the versions name it differently. */
#ifdef MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE
#define compatBadCertificate MBEDTLS_ERR_SSL_BAD_HS_CERTIFICATE
#else
#define compatBadCertificate MBEDTLS_ERR_SSL_BAD_CERTIFICATE
#endif
#ifdef MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION
#define compatBadVersion MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION
#else
#define compatBadVersion MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION
#endif

/* Whether a session can be resumed: by the server's id or by a ticket. */
static inline int compatResumable(const mbedtls_ssl_session* session) {
	return session->id_len != 0
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
		|| session->ticket_len != 0
#endif
		;
}

static inline int compatState(const mbedtls_ssl_context* ssl) { return ssl->state; }
/* Whether a part of a record has come. */
static inline int compatInsideRecord(const mbedtls_ssl_context* ssl) { return ssl->in_left != 0; }
static inline int compatHandshakeOver(mbedtls_ssl_context* ssl) {
#if MBEDTLS_VERSION_NUMBER < 0x03000000
	return ssl->state == MBEDTLS_SSL_HANDSHAKE_OVER; /* the state that waits for a ticket has a higher number */
#else
	return mbedtls_ssl_is_handshake_over(ssl);
#endif
}

#endif

/*
 * The mbedTLS 2.28 of simulator, 32-bit build and chip: a TLS 1.2 client and the PSA Crypto interface, nothing that
 * hal/crypto and hal/tls don't use. tools/setup/mbedtls.mjs installs it as mbedtls/config.h, so no flag is needed to
 * compile against the library. Platforms with an mbedTLS of their own (ESP-IDF) never see it.
 */
#ifndef LINKXS_MBEDTLS_CONFIG_H
#define LINKXS_MBEDTLS_CONFIG_H

#include <stddef.h>

/* -- the platform: memory is counted (heap.c), random numbers come from the port (entropy.c), no files, no clock */
#define MBEDTLS_PLATFORM_C
#define MBEDTLS_PLATFORM_MEMORY
#define MBEDTLS_PLATFORM_CALLOC_MACRO tlsCalloc
#define MBEDTLS_PLATFORM_FREE_MACRO tlsFree
void* tlsCalloc(size_t count, size_t size);
void tlsFree(void* block);
#define MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG
/* MBEDTLS_HAVE_TIME_DATE is left out on purpose: verify.c compares certificates' dates with the device's own clock. */

#define MBEDTLS_HAVE_ASM
#if defined(__x86_64__)
#define MBEDTLS_AESNI_C
#endif

#if !defined(__linux__)
/* -- a microcontroller: a few KB of heap less for the tables of curves and RSA, at the price of some instructions */
#define MBEDTLS_MPI_WINDOW_SIZE 2
#define MBEDTLS_MPI_MAX_SIZE 512 /* RSA 4096 */
#define MBEDTLS_ECP_WINDOW_SIZE 2
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#endif

/* -- cryptography */
#define MBEDTLS_PSA_CRYPTO_C
#define MBEDTLS_PSA_KEY_SLOT_COUNT 8
#define MBEDTLS_CIPHER_C
#define MBEDTLS_CIPHER_MODE_CBC
#define MBEDTLS_CIPHER_MODE_CTR
#define MBEDTLS_CIPHER_PADDING_PKCS7
#define MBEDTLS_AES_C
#define MBEDTLS_AES_ROM_TABLES /* 8 KB of RAM otherwise */
#define MBEDTLS_GCM_C
#define MBEDTLS_CMAC_C
#define MBEDTLS_CHACHA20_C
#define MBEDTLS_POLY1305_C
#define MBEDTLS_CHACHAPOLY_C
#define MBEDTLS_MD_C
#define MBEDTLS_MD5_C /* the platform's default signature is HMAC-MD5 */
#define MBEDTLS_SHA1_C
#define MBEDTLS_SHA256_C
#define MBEDTLS_SHA512_C
#define MBEDTLS_BIGNUM_C
#define MBEDTLS_RSA_C
#define MBEDTLS_PKCS1_V15
#define MBEDTLS_PKCS1_V21
#define MBEDTLS_ECP_C
#define MBEDTLS_ECP_DP_CURVE25519_ENABLED
#define MBEDTLS_ECP_DP_SECP256R1_ENABLED
#define MBEDTLS_ECP_DP_SECP384R1_ENABLED
#define MBEDTLS_ECP_NIST_OPTIM
#define MBEDTLS_ECP_NO_INTERNAL_RNG /* every caller of ours that handles a secret gives a generator */
#define MBEDTLS_ECDH_C
/*
 * X25519 of Project Everest, which comes with mbedTLS: a fifteenth of the instructions where there are 128-bit integers, and
 * with those that it makes itself elsewhere still fewer than with big numbers.
 */
#define MBEDTLS_ECDH_VARIANT_EVEREST_ENABLED
#define MBEDTLS_ECDSA_C

/* -- certificates and keys */
#define MBEDTLS_ASN1_PARSE_C
#define MBEDTLS_ASN1_WRITE_C
#define MBEDTLS_OID_C
#define MBEDTLS_BASE64_C
#define MBEDTLS_PEM_PARSE_C
#define MBEDTLS_PK_C
#define MBEDTLS_PK_PARSE_C
#define MBEDTLS_PK_WRITE_C /* PSA wants it beside RSA */
#define MBEDTLS_X509_USE_C
#define MBEDTLS_X509_CRT_PARSE_C
#define MBEDTLS_X509_CHECK_KEY_USAGE
#define MBEDTLS_X509_CHECK_EXTENDED_KEY_USAGE
#define MBEDTLS_X509_RSASSA_PSS_SUPPORT
#define MBEDTLS_X509_REMOVE_INFO

/* -- TLS 1.2 client */
#define MBEDTLS_SSL_TLS_C
#define MBEDTLS_SSL_CLI_C
#define MBEDTLS_SSL_PROTO_TLS1_2
#define MBEDTLS_SSL_ALL_ALERT_MESSAGES
#define MBEDTLS_SSL_SERVER_NAME_INDICATION
#define MBEDTLS_SSL_MAX_FRAGMENT_LENGTH
#define MBEDTLS_SSL_SESSION_TICKETS
#define MBEDTLS_SSL_ALPN
#define MBEDTLS_SSL_EXTENDED_MASTER_SECRET
#define MBEDTLS_KEY_EXCHANGE_ECDHE_ECDSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_RSA_ENABLED
#define MBEDTLS_KEY_EXCHANGE_PSK_ENABLED
#define MBEDTLS_KEY_EXCHANGE_ECDHE_PSK_ENABLED
#define MBEDTLS_PSK_MAX_LEN 64 /* hex digits of an HMAC-SHA256 are such a key */

/* A server that doesn't agree to shorter records may send 16 KB; after the handshake buffers shrink to what was agreed. */
#ifndef MBEDTLS_SSL_IN_CONTENT_LEN
#define MBEDTLS_SSL_IN_CONTENT_LEN 16384
#endif
#ifndef MBEDTLS_SSL_OUT_CONTENT_LEN
#define MBEDTLS_SSL_OUT_CONTENT_LEN 4096
#endif
#define MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH

#include "mbedtls/check_config.h"

#endif

/* AES of hal/crypto: CBC, ECB, CTR, GCM. `this` is Key.prototype; a result below 0 is an error for crypto.ts to throw. */
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "mc.xs.h"

enum { cbcEncrypt, cbcDecrypt, ecbEncrypt, ecbDecrypt, ctr };

typedef struct {
	psa_algorithm_t algorithm;
	int decrypts;
	Span key, iv, input;
	uint8_t* output;
	size_t size;
} Cipher;

static psa_status_t cipherSteps(psa_cipher_operation_t* operation, const Cipher* it, const uint8_t* last,
								size_t lastLength) {
	size_t done = 0, length = 0;
	psa_status_t status = PSA_SUCCESS;
	if (it->iv.length)
		status = psa_cipher_set_iv(operation, it->iv.bytes, it->iv.length);
	if (status == PSA_SUCCESS && it->input.length)
		status = psa_cipher_update(operation, it->input.bytes, it->input.length, it->output, it->size, &done);
	if (status == PSA_SUCCESS && lastLength) {
		status = psa_cipher_update(operation, last, lastLength, it->output + done, it->size - done, &length);
		done += length;
	}
	if (status == PSA_SUCCESS) {
		status = psa_cipher_finish(operation, it->output + done, it->size - done, &length);
		done += length;
	}
	return status == PSA_SUCCESS && done != it->size ? PSA_ERROR_GENERIC_ERROR : status;
}

/* One cipher operation; `last` are bytes behind the input (padding). */
static psa_status_t cipher(const Cipher* it, const uint8_t* last, size_t lastLength) {
	psa_cipher_operation_t operation = PSA_CIPHER_OPERATION_INIT;
	mbedtls_svc_key_id_t id = MBEDTLS_SVC_KEY_ID_INIT;
	psa_key_usage_t usage = it->decrypts ? PSA_KEY_USAGE_DECRYPT : PSA_KEY_USAGE_ENCRYPT;
	psa_status_t status = keyImport(it->key, PSA_KEY_TYPE_AES, usage, it->algorithm, &id);
	if (status != PSA_SUCCESS)
		return status;
	status = it->decrypts ? psa_cipher_decrypt_setup(&operation, id, it->algorithm)
						  : psa_cipher_encrypt_setup(&operation, id, it->algorithm);
	if (status == PSA_SUCCESS)
		status = cipherSteps(&operation, it, last, lastLength);
	psa_cipher_abort(&operation);
	psa_destroy_key(id);
	return status;
}

/* PKCS#7 (RFC 5652 6.3), in a time that doesn't depend on where it's wrong. */
static int paddingIsRight(const uint8_t* bytes, size_t length) {
	uint8_t padding = bytes[length - 1];
	uint8_t wrong = (uint8_t)(padding == 0 || padding > 16);
	for (size_t i = 0; i < 16; i++) {
		uint8_t inside = (uint8_t)(i < padding);
		wrong |= (uint8_t)(inside & (bytes[length - 1 - i] != padding));
	}
	return !wrong;
}

/* (mode, key, iv, data); a decrypted CBC text comes with its padding, which was checked */
void xs_crypto_cipher(xsMachine* the) {
	static const psa_algorithm_t algorithms[] = {PSA_ALG_CBC_NO_PADDING, PSA_ALG_CBC_NO_PADDING,
												 PSA_ALG_ECB_NO_PADDING, PSA_ALG_ECB_NO_PADDING, PSA_ALG_CTR};
	int mode = xsmcToInteger(xsArg(0));
	Cipher it = {0};
	uint8_t last[16];
	size_t lastLength = 0;
	psa_status_t status;
	if (mode < cbcEncrypt || mode > ctr)
		xsRangeError("no such mode");
	it.algorithm = algorithms[mode];
	it.decrypts = mode == cbcDecrypt || mode == ecbDecrypt;
	it.input = spanOf(the, &xsArg(3), &xsThis);
	it.size = it.input.length;
	if (mode == cbcEncrypt) {
		size_t rest = it.input.length % 16;
		lastLength = 16 - rest;
		memset(last, (int)lastLength, sizeof(last));
		it.size += lastLength;
	} else if (mode != ctr && (it.size % 16 || (mode == cbcDecrypt && it.size == 0))) {
		xsmcSetInteger(xsResult, cryptoBadLength);
		return;
	}
	if (it.size == 0) {
		xsmcSetArrayBuffer(xsResult, NULL, 0);
		return;
	}
	/* The result's memory first, pointers into chunks only after it. */
	xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)it.size);
	it.output = xsmcToArrayBuffer(xsResult);
	it.input = spanOf(the, &xsArg(3), &xsThis);
	it.key = spanOf(the, &xsArg(1), &xsThis);
	if (mode != ecbEncrypt && mode != ecbDecrypt) {
		it.iv = spanOf(the, &xsArg(2), &xsThis);
		if (it.iv.length != 16) {
			xsmcSetInteger(xsResult, cryptoBadLength);
			return;
		}
	}
	status = cipher(&it, last, lastLength);
	if (status == PSA_SUCCESS && mode == cbcDecrypt && !paddingIsRight(it.output, it.size))
		status = cryptoBadPadding;
	if (status != PSA_SUCCESS) {
		wipe(it.output, it.size);
		xsmcSetInteger(xsResult, status);
	}
}

typedef struct {
	Span key, nonce, aad, data;
} Gcm;

/* What it takes from xsArg(index) on: key, nonce, aad, data. Valid until something allocates. */
static Gcm gcmAt(xsMachine* the, int index) {
	Gcm it;
	it.key = spanOf(the, &xsArg(index), &xsThis);
	it.nonce = spanOf(the, &xsArg(index + 1), &xsThis);
	it.aad = spanOf(the, &xsArg(index + 2), &xsThis);
	it.data = spanOf(the, &xsArg(index + 3), &xsThis);
	return it;
}

static psa_status_t gcm(int opens, const Gcm* it, uint8_t* output, size_t size) {
	mbedtls_svc_key_id_t id = MBEDTLS_SVC_KEY_ID_INIT;
	size_t done = 0;
	psa_status_t status;
	if (it->nonce.length < 1 || it->nonce.length > 16)
		return cryptoBadLength;
	status =
		keyImport(it->key, PSA_KEY_TYPE_AES, opens ? PSA_KEY_USAGE_DECRYPT : PSA_KEY_USAGE_ENCRYPT, PSA_ALG_GCM, &id);
	if (status != PSA_SUCCESS)
		return status;
	status = opens ? psa_aead_decrypt(id, PSA_ALG_GCM, it->nonce.bytes, it->nonce.length, it->aad.bytes, it->aad.length,
									  it->data.bytes, it->data.length, output, size, &done)
				   : psa_aead_encrypt(id, PSA_ALG_GCM, it->nonce.bytes, it->nonce.length, it->aad.bytes, it->aad.length,
									  it->data.bytes, it->data.length, output, size, &done);
	psa_destroy_key(id);
	return status;
}

/* (open, key, nonce, aad, data) */
void xs_crypto_gcm(xsMachine* the) {
	int opens = xsmcToBoolean(xsArg(0));
	Gcm it = gcmAt(the, 1);
	size_t size;
	uint8_t* output;
	psa_status_t status;
	if (opens && it.data.length < 16) {
		xsmcSetInteger(xsResult, cryptoBadLength);
		return;
	}
	size = opens ? it.data.length - 16 : it.data.length + 16;
	xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)size);
	output = xsmcToArrayBuffer(xsResult);
	it = gcmAt(the, 1);
	status = gcm(opens, &it, output, size);
	if (status != PSA_SUCCESS) {
		wipe(output, size);
		xsmcSetInteger(xsResult, status);
	}
}

/* Into a new Key: (key, secret, nonce, aad, sealed, start, end) */
void xs_key_gcm(xsMachine* the) {
	Gcm it = gcmAt(the, 1);
	size_t size = it.data.length < 16 ? 0 : it.data.length - 16, from;
	int length = keyPart(the, &xsArg(5), &xsArg(6), size, &from);
	psa_status_t status = cryptoBadLength;
	uint8_t* plain;
	Key* key;
	if (it.data.length >= 16) {
		if (length < 0)
			xsRangeError("not inside what is sealed");
		key = keyNew(the, (size_t)length);
		keyPut(the, &xsArg(0), key);
		plain = malloc(size + 1);
		if (plain) {
			it = gcmAt(the, 1);
			status = gcm(1, &it, plain, size);
			if (status == PSA_SUCCESS)
				memcpy(key->bytes, plain + from, key->length);
			wipe(plain, size);
			free(plain);
		} else
			status = PSA_ERROR_INSUFFICIENT_MEMORY;
	}
	xsmcSetInteger(xsResult, status);
}

/*
 * Digests, HMAC, CMAC, random numbers of hal/crypto, and keys that come of them. `this` of every function that takes
 * secrets is Key.prototype, by which a key among the arguments is told from bytes. A result below 0 is an error for
 * crypto.ts to throw.
 */
#include "crypto.h"

#include <stdlib.h>
#include <string.h>

#include "mc.xs.h"

psa_status_t cryptoStart(void) {
	static int started;
	psa_status_t status = PSA_SUCCESS;
	if (!started) {
		status = psa_crypto_init();
		started = status == PSA_SUCCESS;
	}
	return status;
}

psa_algorithm_t digestOf(xsMachine* the, xsSlot* slot) {
	static const struct {
		const char* name;
		psa_algorithm_t algorithm;
	} digests[] = {{"SHA256", PSA_ALG_SHA_256},
				   {"SHA1", PSA_ALG_SHA_1},
				   {"MD5", PSA_ALG_MD5},
				   {"SHA384", PSA_ALG_SHA_384},
				   {"SHA512", PSA_ALG_SHA_512}};
	const char* name = xsmcToString(*slot);
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		if (!strcmp(name, digests[i].name))
			return digests[i].algorithm;
	}
	xsRangeError("no such digest");
	return 0;
}

psa_status_t keyImport(Span key, psa_key_type_t type, psa_key_usage_t usage, psa_algorithm_t algorithm,
					   mbedtls_svc_key_id_t* id) {
	static const uint8_t none[1] = {0};
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_status_t status = cryptoStart();
	if (status != PSA_SUCCESS)
		return status;
	/* PSA takes no empty key; HMAC fills up with zeros anyway (RFC 2104), so one zero is the same key. */
	if (key.length == 0 && type == PSA_KEY_TYPE_HMAC) {
		key.bytes = none;
		key.length = sizeof(none);
	}
	if (type == PSA_KEY_TYPE_AES && key.length != 16 && key.length != 24 && key.length != 32)
		return cryptoBadKey;
	psa_set_key_type(&attributes, type);
	psa_set_key_usage_flags(&attributes, usage);
	psa_set_key_algorithm(&attributes, algorithm);
	return psa_import_key(&attributes, key.bytes, key.length, id);
}

xsIntegerValue partsCheck(xsMachine* the, int index) {
	xsIntegerValue count;
	xsmcGet(xsVar(0), xsArg(index), xsID_length);
	count = xsmcToInteger(xsVar(0));
	for (xsIntegerValue i = 0; i < count; i++)
		partAt(the, index, i);
	return count;
}

Span partAt(xsMachine* the, int index, xsIntegerValue n) {
	xsmcGetIndex(xsVar(0), xsArg(index), (xsIndex)n);
	return spanOf(the, &xsVar(0), &xsThis);
}

psa_status_t digestParts(xsMachine* the, psa_algorithm_t algorithm, int index, uint8_t* output, size_t* length) {
	psa_hash_operation_t operation = PSA_HASH_OPERATION_INIT;
	xsIntegerValue count = partsCheck(the, index);
	psa_status_t status = cryptoStart();
	if (status == PSA_SUCCESS && count == 1) {
		Span part = partAt(the, index, 0);
		return psa_hash_compute(algorithm, part.bytes, part.length, output, PSA_HASH_MAX_SIZE, length);
	}
	if (status == PSA_SUCCESS)
		status = psa_hash_setup(&operation, algorithm);
	for (xsIntegerValue i = 0; i < count && status == PSA_SUCCESS; i++) {
		Span part = partAt(the, index, i);
		status = psa_hash_update(&operation, part.bytes, part.length);
	}
	if (status == PSA_SUCCESS)
		status = psa_hash_finish(&operation, output, PSA_HASH_MAX_SIZE, length);
	psa_hash_abort(&operation);
	return status;
}

psa_status_t macParts(xsMachine* the, psa_key_type_t type, psa_algorithm_t algorithm, Span key, int index,
					  uint8_t* output, size_t* length) {
	psa_mac_operation_t operation = PSA_MAC_OPERATION_INIT;
	mbedtls_svc_key_id_t id = MBEDTLS_SVC_KEY_ID_INIT;
	xsIntegerValue count = partsCheck(the, index);
	psa_status_t status = keyImport(key, type, PSA_KEY_USAGE_SIGN_MESSAGE, algorithm, &id);
	if (status != PSA_SUCCESS)
		return status;
	status = psa_mac_sign_setup(&operation, id, algorithm);
	for (xsIntegerValue i = 0; i < count && status == PSA_SUCCESS; i++) {
		Span part = partAt(the, index, i);
		status = psa_mac_update(&operation, part.bytes, part.length);
	}
	if (status == PSA_SUCCESS)
		status = psa_mac_sign_finish(&operation, output, PSA_MAC_MAX_SIZE, length);
	psa_mac_abort(&operation);
	psa_destroy_key(id);
	return status;
}

/* The result: bytes, or the error's number. */
static void answer(xsMachine* the, psa_status_t status, uint8_t* output, size_t length) {
	if (status == PSA_SUCCESS)
		xsmcSetArrayBuffer(xsResult, output, (xsIntegerValue)length);
	else
		xsmcSetInteger(xsResult, status);
	wipe(output, length);
}

/* (algorithm, parts) */
void xs_crypto_digest(xsMachine* the) {
	uint8_t output[PSA_HASH_MAX_SIZE];
	size_t length = 0;
	psa_status_t status;
	xsmcVars(1);
	status = digestParts(the, digestOf(the, &xsArg(0)), 1, output, &length);
	answer(the, status, output, length);
}

/* (algorithm, key, parts); the algorithm "CMAC" is AES-CMAC */
void xs_crypto_mac(xsMachine* the) {
	uint8_t output[PSA_MAC_MAX_SIZE];
	size_t length = 0;
	psa_status_t status;
	psa_algorithm_t algorithm = PSA_ALG_CMAC;
	psa_key_type_t type = PSA_KEY_TYPE_AES;
	xsmcVars(1);
	if (strcmp(xsmcToString(xsArg(0)), "CMAC")) {
		algorithm = PSA_ALG_HMAC(digestOf(the, &xsArg(0)));
		type = PSA_KEY_TYPE_HMAC;
	}
	/* The parts are looked at first: the span of a key in a chunk must not outlive a call that allocates. */
	partsCheck(the, 2);
	status = macParts(the, type, algorithm, spanOf(the, &xsArg(1), &xsThis), 2, output, &length);
	answer(the, status, output, length);
}

/* (byteLength) */
void xs_crypto_random(xsMachine* the) {
	xsIntegerValue length = xsmcToInteger(xsArg(0));
	psa_status_t status = cryptoStart();
	if (length < 0)
		xsRangeError("negative length");
	if (status == PSA_SUCCESS) {
		xsmcSetArrayBuffer(xsResult, NULL, length);
		status = psa_generate_random(xsmcToArrayBuffer(xsResult), (size_t)length);
	}
	if (status != PSA_SUCCESS)
		xsmcSetInteger(xsResult, status);
}

/* (a, b) */
void xs_crypto_equal(xsMachine* the) {
	void *a, *b;
	xsUnsignedValue lengthOfA, lengthOfB;
	uint8_t difference = 0;
	xsmcGetBufferReadable(xsArg(0), &a, &lengthOfA);
	xsmcGetBufferReadable(xsArg(1), &b, &lengthOfB);
	if (lengthOfA == lengthOfB) {
		const volatile uint8_t *left = a, *right = b;
		for (xsUnsignedValue i = 0; i < lengthOfA; i++)
			difference |= (uint8_t)(left[i] ^ right[i]);
	} else
		difference = 1;
	xsmcSetBoolean(xsResult, difference == 0);
}

static void digits(const uint8_t* bytes, size_t length, char alpha, uint8_t* output) {
	for (size_t i = 0; i < length; i++) {
		uint8_t high = bytes[i] >> 4, low = bytes[i] & 15;
		*output++ = (uint8_t)(high < 10 ? '0' + high : alpha + high - 10);
		*output++ = (uint8_t)(low < 10 ? '0' + low : alpha + low - 10);
	}
}

/* (bytes) */
void xs_crypto_hex(xsMachine* the) {
	void* bytes;
	xsUnsignedValue length;
	char* text;
	xsmcGetBufferReadable(xsArg(0), &bytes, &length);
	if (length > 0x10000000)
		xsRangeError("too long");
	xsmcSetStringBuffer(xsResult, NULL, (xsIntegerValue)(2 * length + 1));
	text = xsmcToString(xsResult);
	xsmcGetBufferReadable(xsArg(0), &bytes, &length);
	digits(bytes, length, 'a', (uint8_t*)text);
	text[2 * length] = 0;
}

/* Into a new Key, `this` is Key.prototype: (key, algorithm, parts, start, end) */
void xs_key_digest(xsMachine* the) {
	uint8_t output[PSA_HASH_MAX_SIZE];
	size_t length = 0;
	psa_status_t status;
	xsmcVars(1);
	status = digestParts(the, digestOf(the, &xsArg(1)), 2, output, &length);
	if (status == PSA_SUCCESS) {
		size_t from;
		int part = keyPart(the, &xsArg(3), &xsArg(4), length, &from);
		Key* key;
		if (part < 0) {
			wipe(output, sizeof(output));
			xsRangeError("not inside the digest");
		}
		key = keyNew(the, (size_t)part);
		memcpy(key->bytes, output + from, key->length);
		keyPut(the, &xsArg(0), key);
	}
	wipe(output, sizeof(output));
	xsmcSetInteger(xsResult, status);
}

/* Into a new Key, `this` is Key.prototype: (key, algorithm, secret, parts, form) */
void xs_key_mac(xsMachine* the) {
	uint8_t output[PSA_MAC_MAX_SIZE];
	size_t length = 0;
	psa_status_t status;
	psa_algorithm_t algorithm;
	char form[6];
	xsmcVars(1);
	algorithm = PSA_ALG_HMAC(digestOf(the, &xsArg(1)));
	xsmcToStringBuffer(xsArg(4), form, sizeof(form));
	partsCheck(the, 3);
	status = macParts(the, PSA_KEY_TYPE_HMAC, algorithm, spanOf(the, &xsArg(2), &xsThis), 3, output, &length);
	if (status == PSA_SUCCESS) {
		int asText = strcmp(form, "bytes") != 0;
		Key* key = keyNew(the, asText ? 2 * length : length);
		if (asText)
			digits(output, length, form[0] == 'H' ? 'A' : 'a', key->bytes);
		else
			memcpy(key->bytes, output, length);
		keyPut(the, &xsArg(0), key);
	}
	wipe(output, sizeof(output));
	xsmcSetInteger(xsResult, status);
}

/* Into a new Key: (key, byteLength) */
void xs_key_random(xsMachine* the) {
	xsIntegerValue length = xsmcToInteger(xsArg(1));
	psa_status_t status = cryptoStart();
	if (length < 1 || length > keyMaximum)
		xsRangeError("a random key has 1 to %d bytes", keyMaximum);
	if (status == PSA_SUCCESS) {
		Key* key = keyNew(the, (size_t)length);
		keyPut(the, &xsArg(0), key);
		status = psa_generate_random(key->bytes, key->length);
	}
	xsmcSetInteger(xsResult, status);
}

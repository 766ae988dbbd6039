/* hal/system's deriveKey: a key out of what this device alone has. It lies here since it makes a `Key` of hal/crypto. */
#include "device-key.h"

#include <string.h>

#include "../xs/port.h"
#include "crypto.h"
#include "mc.xs.h"

const char* deviceKeyFrom(const uint8_t secret[deviceKeySize], const void* info, size_t length,
						  uint8_t key[deviceKeySize]) {
	psa_mac_operation_t operation = PSA_MAC_OPERATION_INIT;
	mbedtls_svc_key_id_t id = MBEDTLS_SVC_KEY_ID_INIT;
	psa_algorithm_t algorithm = PSA_ALG_HMAC(PSA_ALG_SHA_256);
	Span span = {secret, deviceKeySize};
	size_t done = 0;
	psa_status_t status = keyImport(span, PSA_KEY_TYPE_HMAC, PSA_KEY_USAGE_SIGN_MESSAGE, algorithm, &id);
	if (status == PSA_SUCCESS) {
		status = psa_mac_sign_setup(&operation, id, algorithm);
		if (status == PSA_SUCCESS && length)
			status = psa_mac_update(&operation, info, length);
		if (status == PSA_SUCCESS)
			status = psa_mac_sign_finish(&operation, key, deviceKeySize, &done);
		psa_mac_abort(&operation);
		psa_destroy_key(id);
	}
	return status == PSA_SUCCESS && done == deviceKeySize ? NULL : "HMAC-SHA256 failed";
}

/* Into the Key that is `this`: (info) */
void xs_system_deriveKey(xsMachine* the) {
	void* info;
	xsUnsignedValue length;
	Key* key = keyNew(the, deviceKeySize);
	const char* wrong;
	/* The key first: a throw below leaves it to its owner. */
	keyPut(the, &xsThis, key);
	xsmcGetBufferReadable(xsArg(0), &info, &length);
	wrong = portDeriveKey(info, length, key->bytes);
	if (wrong) {
		wipe(key->bytes, key->length);
		xsUnknownError("no device key: %s", wrong);
	}
}

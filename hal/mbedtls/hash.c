/* hal/crypto's Hash: a digest of data that comes in pieces. */
#include <stdlib.h>

#include "crypto.h"
#include "mc.xs.h"

void xs_hash_destructor(void* data);

static const xsHostHooks hashHooks = {xs_hash_destructor, NULL, NULL};

void xs_hash_destructor(void* data) {
	if (!data)
		return;
	psa_hash_abort(data);
	wipe(data, sizeof(psa_hash_operation_t));
	free(data);
}

static psa_hash_operation_t* hashOf(xsMachine* the) {
	psa_hash_operation_t* operation = xsmcGetHostDataValidate(xsThis, (void*)&hashHooks);
	if (!operation)
		xsTypeError("the hash is closed");
	return operation;
}

/* (algorithm) */
void xs_hash_constructor(xsMachine* the) {
	static const psa_hash_operation_t fresh = PSA_HASH_OPERATION_INIT;
	psa_algorithm_t algorithm = digestOf(the, &xsArg(0));
	psa_status_t status = cryptoStart();
	psa_hash_operation_t* operation = malloc(sizeof(*operation));
	if (!operation)
		xsUnknownError("no memory for a hash");
	*operation = fresh;
	hostOwn(the, &xsThis, operation, &hashHooks);
	if (status == PSA_SUCCESS)
		status = psa_hash_setup(operation, algorithm);
	xsmcSetInteger(xsResult, status);
}

/* (part, Key.prototype) */
void xs_hash_update(xsMachine* the) {
	psa_hash_operation_t* operation = hashOf(the);
	Span part = spanOf(the, &xsArg(0), &xsArg(1));
	xsmcSetInteger(xsResult, psa_hash_update(operation, part.bytes, part.length));
}

void xs_hash_digest(xsMachine* the) {
	psa_hash_operation_t* operation = hashOf(the);
	uint8_t output[PSA_HASH_MAX_SIZE];
	size_t length = 0;
	psa_status_t status = psa_hash_finish(operation, output, sizeof(output), &length);
	if (status == PSA_SUCCESS)
		xsmcSetArrayBuffer(xsResult, output, (xsIntegerValue)length);
	else
		xsmcSetInteger(xsResult, status);
	wipe(output, sizeof(output));
}

void xs_hash_close(xsMachine* the) {
	void* operation = xsmcGetHostDataValidate(xsThis, (void*)&hashHooks);
	xsmcSetHostData(xsThis, NULL);
	xs_hash_destructor(operation);
}

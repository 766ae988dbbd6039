#include "key.h"

#include <stdlib.h>
#include <string.h>

#include "mc.xs.h"

void xs_key_destructor(void* data);

static const xsHostHooks keyHooks = {xs_key_destructor, NULL, NULL};

void wipe(void* memory, size_t length) {
	volatile uint8_t* bytes = memory;
	while (length--)
		*bytes++ = 0;
}

void xs_key_destructor(void* data) {
	Key* key = data;
	if (!key)
		return;
	wipe(key, sizeof(Key) + key->length);
	free(key);
}

Key* keyNew(xsMachine* the, size_t length) {
	Key* key;
	if (length > keyMaximum)
		xsRangeError("a key has at most %d bytes", keyMaximum);
	key = calloc(1, sizeof(Key) + length);
	if (!key)
		xsUnknownError("no memory for a key");
	key->length = length;
	return key;
}

void hostOwn(xsMachine* the, xsSlot* slot, void* data, const xsHostHooks* hooks) {
	xsmcSetHostBuffer(*slot, data, 0);
	xsSetHostHooks(*slot, (xsHostHooks*)hooks);
}

void keyPut(xsMachine* the, xsSlot* slot, Key* key) {
	xs_key_destructor(xsmcGetHostData(*slot));
	hostOwn(the, slot, key, &keyHooks);
}

const Key* keyOf(xsMachine* the, xsSlot* slot) {
	const Key* key = xsmcGetHostDataValidate(*slot, (void*)&keyHooks);
	if (!key)
		xsTypeError("the key is closed");
	return key;
}

Span spanOf(xsMachine* the, xsSlot* slot, xsSlot* keyPrototype) {
	Span span;
	if (xsmcTypeOf(*slot) != xsReferenceType)
		xsTypeError("neither bytes nor a key");
	if (xsmcIsInstanceOf(*slot, *keyPrototype)) {
		const Key* key = keyOf(the, slot);
		span.bytes = key->bytes;
		span.length = key->length;
	} else {
		void* data;
		xsUnsignedValue length;
		xsmcGetBufferReadable(*slot, &data, &length);
		span.bytes = data;
		span.length = length;
	}
	return span;
}

/* from(bytes) */
void xs_key_from(xsMachine* the) {
	void* data;
	xsUnsignedValue length;
	Key* key;
	xsmcGetBufferReadable(xsArg(0), &data, &length);
	key = keyNew(the, length);
	memcpy(key->bytes, data, length);
	keyPut(the, &xsThis, key);
}

void xs_key_close(xsMachine* the) {
	Key* key = xsmcGetHostDataValidate(xsThis, (void*)&keyHooks);
	xsmcSetHostData(xsThis, NULL);
	xs_key_destructor(key);
}

void xs_key_get_byteLength(xsMachine* the) {
	const Key* key = xsmcGetHostDataValidate(xsThis, (void*)&keyHooks);
	xsmcSetInteger(xsResult, key ? (xsIntegerValue)key->length : 0);
}

#include "crypto.h"

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

/* Into a new Key, `this` is Key.prototype: (key, parts) */
void xs_key_parts(xsMachine* the) {
	xsIntegerValue count;
	size_t length = 0;
	Key* key;
	xsmcVars(1);
	count = partsCheck(the, 1);
	for (xsIntegerValue i = 0; i < count && length <= keyMaximum; i++)
		length += partAt(the, 1, i).length;
	key = keyNew(the, length);
	keyPut(the, &xsArg(0), key);
	length = 0;
	for (xsIntegerValue i = 0; i < count; i++) {
		Span part = partAt(the, 1, i);
		if (part.length > key->length - length)
			xsRangeError("a part has grown");
		memcpy(key->bytes + length, part.bytes, part.length);
		length += part.length;
	}
}

int keyPart(xsMachine* the, xsSlot* start, xsSlot* end, size_t length, size_t* from) {
	xsIntegerValue first = xsmcTypeOf(*start) == xsUndefinedType ? 0 : xsmcToInteger(*start);
	xsIntegerValue last = xsmcTypeOf(*end) == xsUndefinedType ? (xsIntegerValue)length : xsmcToInteger(*end);
	*from = (size_t)first;
	return first < 0 || last < first || last > (xsIntegerValue)length ? -1 : last - first;
}

/* Into a new Key: (key, start, end) */
void xs_key_slice(xsMachine* the) {
	const Key* whole = keyOf(the, &xsThis);
	size_t from;
	int length = keyPart(the, &xsArg(1), &xsArg(2), whole->length, &from);
	Key* part;
	if (length < 0)
		xsRangeError("not inside the key");
	part = keyNew(the, (size_t)length);
	memcpy(part->bytes, whole->bytes + from, part->length);
	keyPut(the, &xsArg(0), part);
}

/* (into, offset) */
void xs_key_copyTo(xsMachine* the) {
	const Key* key = keyOf(the, &xsThis);
	void* into;
	xsUnsignedValue room;
	xsIntegerValue offset = xsmcToInteger(xsArg(1));
	xsmcGetBufferWritable(xsArg(0), &into, &room);
	if (offset < 0 || (xsUnsignedValue)offset > room || key->length > room - (xsUnsignedValue)offset)
		xsRangeError("no room");
	memcpy((uint8_t*)into + offset, key->bytes, key->length);
	xsmcSetInteger(xsResult, (xsIntegerValue)key->length);
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

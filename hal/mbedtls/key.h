/* Secrets of the host: the C side of hal/crypto's `Key`, for whatever uses one (TLS, the vault). */
#ifndef LINKXS_KEY_H
#define LINKXS_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "xsmc.h"

#define keyMaximum 4096

typedef struct {
	size_t length;
	uint8_t bytes[];
} Key;

/*
 * Let `slot`, the instance of a Native class, own `data`. As a host buffer of no length: XS 13 takes any other host object
 * for a buffer whose length is its property byteLength, and `new Uint8Array(key)` would show what `data` holds.
 */
void hostOwn(xsMachine* the, xsSlot* slot, void* data, const xsHostHooks* hooks);

/* A new key's memory outside the JavaScript heap; throws in JavaScript when there's none. */
Key* keyNew(xsMachine* the, size_t length);
/* Make `slot`, an instance of hal/crypto's Key, own `key`; what it owned before is wiped. */
void keyPut(xsMachine* the, xsSlot* slot, Key* key);
/* The key of `slot`; throws a TypeError when it is none or was closed. Stays in place until it's closed or collected. */
const Key* keyOf(xsMachine* the, xsSlot* slot);

/* The length of `start` to `end` (undefined: all) of `length` bytes, and where it begins; -1 when that isn't inside. */
int keyPart(xsMachine* the, xsSlot* start, xsSlot* end, size_t length, size_t* from);

/* Overwrite, in a way that the compiler doesn't leave out. */
void wipe(void* memory, size_t length);

/* Bytes of JavaScript: in a chunk (valid until the next call that may allocate) or in a key. */
typedef struct {
	const uint8_t* bytes;
	size_t length;
} Span;

/* A buffer's bytes, or those of a key when `slot` inherits from `keyPrototype`. Throws a TypeError for anything else. */
Span spanOf(xsMachine* the, xsSlot* slot, xsSlot* keyPrototype);

#endif

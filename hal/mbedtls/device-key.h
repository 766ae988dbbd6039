/* Keys of the device's own (hal/system's deriveKey): how a port with a plain secret makes one. */
#ifndef LINKXS_DEVICE_KEY_H
#define LINKXS_DEVICE_KEY_H

#include <stddef.h>
#include <stdint.h>

#define deviceKeySize 32

/* HMAC-SHA256 of `secret` over `info`, for portDeriveKey. NULL, or why not. */
const char* deviceKeyFrom(const uint8_t secret[deviceKeySize], const void* info, size_t length,
						  uint8_t key[deviceKeySize]);

#endif

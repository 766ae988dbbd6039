/* What a platform (simulator, chip) gives to the host core: all that hal/xs needs from below. */
#ifndef PORT_H
#define PORT_H

#include <stddef.h>
#include <stdint.h>

/* The platform also keeps the Retained of retained.h, and gives it to retainedStart before anything else. */

/* Text for the console. */
void portConsole(const char* text, size_t size);
/* Monotonic time, microseconds. */
uint64_t portMicroseconds(void);
/* Wall clock, microseconds since 1970; 0 while nobody has set it. */
int64_t portWallClock(void);
void portSetWallClock(int64_t microseconds);
/* End this run. What the reason needs has been put into the retained record. */
void portReset(void) __attribute__((noreturn));
/* Watchdog: reset with reason "watchdog" unless set again within `ms`; 0 stops it. */
void portWatchdog(uint32_t ms);
/* Up to 16 bytes that no other device has; answers their number. */
size_t portUniqueId(uint8_t id[16]);
/*
 * HMAC-SHA256, over `info`, of 32 random bytes that no other device has, the same at every start, in a place that the
 * flash's content doesn't tell. NULL, or in words why there are none. Only asked for with hal/mbedtls (device-key.h helps).
 */
const char* portDeriveKey(const void* info, size_t length, uint8_t key[32]);
/* Fills `into` with random bytes that are fit for keys. 0 where there are none. */
int portRandom(void* into, size_t length);
/* A number that differs from start to start and from device to device. */
uint64_t portSeed(void);
/* Look again when the timers run: the first one may have changed. */
void portTimersChanged(void);
/* What C's heap has left, and its largest block; a platform whose heap has no end that matters lacks it. */
void portHeap(uint32_t* free, uint32_t* largest) __attribute__((weak));

#endif

/* What hal/xs and hal/mbedtls need from below: see hal/xs/port.h. */
#include "../xs/port.h"
#include "../mbedtls/device-key.h"
#include "../xs/machine.h"
#include "board.h"
#include "instrument.h"
#include "port.h"

#include <stdio.h>
#include <string.h>

Retained retainedMemory __attribute__((section(".retained")));

static int64_t wallOffset; /* µs; 0: nobody has set the clock */
static uint32_t watchdogTime;

void portConsole(const char* text, size_t size)
{
	while (size--) {
		if (*text == '\n')
			uartSend(0, '\r');
		uartSend(0, (uint8_t)*text++);
	}
}

uint64_t portMicroseconds(void)
{
	return clockMicroseconds();
}

int64_t portWallClock(void)
{
	return wallOffset ? (int64_t)clockMicroseconds() + wallOffset : 0;
}

void portSetWallClock(int64_t microseconds)
{
	wallOffset = microseconds - (int64_t)clockMicroseconds();
}

void portForget(void)
{
	retainedMemory.magic = 0;
}

void portReset(void)
{
	instrumentPrint("end");
	boardReset();
}

void portWatchdog(uint32_t ms)
{
	watchdogTime = ms;
	boardWatchdog(ms ? clockMicroseconds() + (uint64_t)ms * 1000 : 0);
}

void watchdogHold(void)
{
	boardWatchdog(0);
}

void watchdogGoOn(void)
{
	portWatchdog(watchdogTime);
}

/* In an interrupt: JavaScript is somewhere, and never goes on. */
void watchdogExpired(void)
{
	char message[64];
	snprintf(message, sizeof(message), "not fed for %u ms", (unsigned)watchdogTime);
	endWith(resetWatchdog, message);
}

size_t portUniqueId(uint8_t id[16])
{
	uint32_t low = otpRead(otpMac), high = otpRead(otpMac + 1);
	memcpy(id, &low, 4);
	memcpy(id + 4, &high, 2);
	return 6;
}

const char* portDeriveKey(const void* info, size_t length, uint8_t key[deviceKeySize])
{
	uint32_t secret[otpSecretWords], all = 0, every = 0xffffffff;
	for (uint32_t i = 0; i < otpSecretWords; i++) {
		secret[i] = otpRead(otpSecret + i);
		all |= secret[i];
		every &= secret[i];
	}
	if (!all || every == 0xffffffff)
		return "no secret is burned into the fuses";
	const char* wrong = deviceKeyFrom((const uint8_t*)secret, info, length, key);
	for (volatile uint32_t* p = secret; p < secret + otpSecretWords; p++)
		*p = 0;
	return wrong;
}

/* The chip's random generator: the host's. */
int portRandom(void* output, size_t length)
{
	static long file = -1;
	static const char name[] = "/dev/urandom";
	if (file < 0) {
		uintptr_t open[3] = {(uintptr_t)name, 1, sizeof(name) - 1};
		file = semihosting(semihostingOpen, open);
	}
	uintptr_t read[3] = {(uintptr_t)file, (uintptr_t)output, length};
	return file >= 0 && !semihosting(semihostingRead, read);
}

uint64_t portSeed(void)
{
	uint64_t seed;
	return portRandom(&seed, sizeof(seed)) ? seed : clockMicroseconds();
}

/* The loop asks for the next timer before it sleeps, and nothing else sets timers. */
void portTimersChanged(void) {}

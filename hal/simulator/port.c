/* What hal/xs needs from Linux: see port.h. */
#include "../xs/port.h"
#include "../mbedtls/device-key.h"
#include "../xs/digest.h"
#include "device.h"
#include "events.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static uint64_t epoch;
static char console[4096];
static size_t consoleUsed;
static int silent;

static uint64_t microseconds(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

void portStart(void)
{
	epoch = microseconds(CLOCK_MONOTONIC);
}

/*
 * How deep C may recurse before XS ends it as a stack overflow. The first call is made near the stack's base; what is
 * above it, and what C needs below the limit, is in the margin.
 */
char* fxCStackLimit(void)
{
	enum { margin = 256 * 1024, most = 8 * 1024 * 1024 };
	static char* limit;
	struct rlimit stack;
	if (limit)
		return limit;
	size_t size = most;
	if (!getrlimit(RLIMIT_STACK, &stack) && stack.rlim_cur < size)
		size = stack.rlim_cur;
#ifdef mxASANStackMargin
	size -= mxASANStackMargin;
#endif
	limit = (char*)__builtin_frame_address(0) - size + margin;
	return limit;
}

uint64_t portMicroseconds(void)
{
	return microseconds(CLOCK_MONOTONIC) - epoch;
}

int64_t portWallClock(void)
{
	return shared->wallSet ? (int64_t)microseconds(CLOCK_REALTIME) + shared->wallOffset : 0;
}

void portSetWallClock(int64_t time)
{
	shared->wallOffset = time - (int64_t)microseconds(CLOCK_REALTIME);
	shared->wallSet = 1;
}

static void send(const char* text, size_t size)
{
	while (size) {
		ssize_t sent = write(STDOUT_FILENO, text, size);
		if (sent < 0 && errno != EINTR)
			return;
		if (sent > 0) {
			text += sent;
			size -= (size_t)sent;
		}
	}
}

void portFlush(void)
{
	send(console, consoleUsed);
	consoleUsed = 0;
}

void portSilence(void)
{
	portFlush();
	silent = 1;
}

/* A line is one write, so that those of several processes don't mix. */
void portConsole(const char* text, size_t size)
{
	if (silent)
		return;
	if (size > sizeof(console) - consoleUsed) {
		portFlush();
		if (size > sizeof(console)) {
			send(text, size);
			return;
		}
	}
	memcpy(console + consoleUsed, text, size);
	consoleUsed += size;
	if (consoleUsed && console[consoleUsed - 1] == '\n')
		portFlush();
}

void portReset(void)
{
	portFlush();
	if (options.instrument)
		figuresPrint("end");
	portFlush();
	_exit(deviceReset);
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t portUniqueId(uint8_t id[16])
{
	uint8_t digest[32];
	size_t size = 0;
	for (const char* p = options.id; p && size < 16 && hex(p[0]) >= 0 && hex(p[1]) >= 0; p += 2)
		id[size++] = (uint8_t)(hex(p[0]) << 4 | hex(p[1]));
	if (size)
		return size;
	/* A MAC address out of the flash file's path, marked as locally administered. */
	char* path = realpath(options.flash, NULL);
	const char* name = path ? path : options.flash;
	sha256(name, strlen(name), digest);
	free(path);
	memcpy(id, digest, 6);
	id[0] = (uint8_t)((id[0] & 0xFC) | 2);
	return 6;
}

int portRandom(void* into, size_t length)
{
	for (size_t done = 0; done < length;) {
		ssize_t got = getrandom((uint8_t*)into + done, length - done, 0);
		if (got > 0)
			done += (size_t)got;
		else if (errno != EINTR)
			return 0;
	}
	return 1;
}

/*
 * The chip's secret is a file beside the flash file, made when it's first asked for: whole or not at all, for its owner only.
 * Whoever copies the flash file alone copies nothing that can be read.
 */
static const char* makeSecret(const char* path, uint8_t secret[deviceKeySize])
{
	char draft[PATH_MAX + 8];
	if (!portRandom(secret, deviceKeySize))
		return "no random numbers";
	snprintf(draft, sizeof(draft), "%s.new", path);
	int file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0)
		return "the file beside the flash file can't be made";
	int made = write(file, secret, deviceKeySize) == deviceKeySize && !fchmod(file, 0600) && !fsync(file);
	if (close(file) || !made || rename(draft, path)) {
		unlink(draft);
		return "the file beside the flash file can't be written";
	}
	return NULL;
}

const char* portDeriveKey(const void* info, size_t length, uint8_t key[deviceKeySize])
{
	char path[PATH_MAX];
	uint8_t secret[deviceKeySize + 1];
	const char* wrong = NULL;
	if (snprintf(path, sizeof(path), "%s.key", options.flash) >= (int)sizeof(path))
		return "the flash file's path is too long";
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file >= 0) {
		if (read(file, secret, sizeof(secret)) != deviceKeySize)
			wrong = "the .key file beside the flash file is not 32 bytes";
		close(file);
	} else
		wrong = errno == ENOENT ? makeSecret(path, secret) : "the .key file beside the flash file can't be read";
	if (!wrong)
		wrong = deviceKeyFrom(secret, info, length, key);
	explicit_bzero(secret, sizeof(secret));
	return wrong;
}

uint64_t portSeed(void)
{
	uint64_t seed = 0;
	if (!portRandom(&seed, sizeof(seed)))
		seed = microseconds(CLOCK_REALTIME);
	return seed;
}

/* The loop asks for the next timer before it waits, and nothing else sets timers. */
void portTimersChanged(void) {}

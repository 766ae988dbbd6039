/* What hal/xs asks of a platform (port.h), on Linux under the Moddable simulator: a reset starts its process anew. */
#include "../mbedtls/device-key.h"
#include "../xs/port.h"
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "state.h"

extern char** environ;

/* Set for the process that a reset starts: without it this is a power-on, and what was retained is lost. */
static const char resetVariable[] = "LINKXS_RESET";

enum { uniqueIdSize = 16, argumentsSize = 8192, argumentsMax = 64 };

static int64_t clockOffset; /* the computer's clock stays as it is */
static char arguments[argumentsSize];
static char* argumentList[argumentsMax + 1];

static uint64_t microseconds(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t portMicroseconds(void)
{
	return microseconds(CLOCK_MONOTONIC);
}

int64_t portWallClock(void)
{
	return (int64_t)microseconds(CLOCK_REALTIME) + clockOffset;
}

void portSetWallClock(int64_t time)
{
	clockOffset = time - (int64_t)microseconds(CLOCK_REALTIME);
}

/* Read beforehand, as the watchdog's handler may do little. */
static void readArguments(void)
{
	int file = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t size = file < 0 ? 0 : read(file, arguments, sizeof(arguments) - 1);
	size_t count = 0;
	if (file >= 0)
		close(file);
	for (ssize_t at = 0; at < size && count < argumentsMax; at += (ssize_t)strlen(arguments + at) + 1)
		argumentList[count++] = arguments + at;
}

void portReset(void)
{
	for (int file = 3; file < 1024; file++)
		close(file);
	execve("/proc/self/exe", argumentList, environ);
	_exit(EXIT_FAILURE);
}

Retained* portRetained(void)
{
	static Retained spare; /* when there's no disk: a reset forgets it */
	Retained* retained = stateMap("retained.bin", sizeof(Retained), 0);
	if (!retained)
		retained = &spare;
	if (!getenv(resetVariable))
		memset(retained, 0, sizeof(*retained));
	setenv(resetVariable, "1", 1);
	readArguments();
	return retained;
}

static void bark(int signal)
{
	(void)signal;
	retainedLeave(resetWatchdog, "not fed in time", NULL, NULL, 0);
	portReset();
}

void portWatchdog(uint32_t ms)
{
	static timer_t watchdog;
	static int made;
	struct itimerspec in = {{0, 0}, {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000}};
	if (!made) {
		struct sigaction action = {0};
		struct sigevent event = {0};
		event.sigev_notify = SIGEV_SIGNAL;
		event.sigev_signo = SIGRTMIN + 3;
		action.sa_handler = bark;
		action.sa_flags = SA_NODEFER; /* the process started by it must not find it blocked */
		sigaction(event.sigev_signo, &action, NULL);
		if (timer_create(CLOCK_MONOTONIC, &event, &watchdog) < 0)
			return;
		made = 1;
	}
	timer_settime(watchdog, 0, &in, NULL);
}

size_t portUniqueId(uint8_t id[16])
{
	uint8_t* kept = stateMap("unique-id.bin", uniqueIdSize, 0);
	static const uint8_t none[uniqueIdSize];
	if (!kept)
		return 0;
	if (memcmp(kept, none, uniqueIdSize) == 0 && getrandom(kept, uniqueIdSize, 0) != uniqueIdSize)
		return 0;
	memcpy(id, kept, uniqueIdSize);
	return uniqueIdSize;
}

/* The chip's secret is a file like the flash, readable for its owner only. */
const char* portDeriveKey(const void* info, size_t length, uint8_t key[deviceKeySize])
{
	uint8_t* kept = stateMap("device.key", deviceKeySize, 0);
	static const uint8_t none[deviceKeySize];
	if (!kept)
		return "the file device.key can't be made";
	if (memcmp(kept, none, deviceKeySize) == 0 && getrandom(kept, deviceKeySize, 0) != deviceKeySize)
		return "no random numbers";
	return deviceKeyFrom(kept, info, length, key);
}

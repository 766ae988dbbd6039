/* What `linkxs-sim run` was told, and what supervisor and device share. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "../xs/power.h"
#include "../xs/retained.h"

typedef struct {
	const char* flash;
	const char* board;  /* NULL: whatever the image says */
	const char* serial; /* "pty" or "tcp:PORT" */
	const char* xsbug;  /* HOST:PORT */
	const char* wifi;   /* the access points' file; NULL: there's a cable */
	const char* heap;   /* where XS's memory goes on SIGUSR2; NULL: nowhere */
	const char* id;     /* unique id in hexadecimal; NULL: made from the flash file's path */
	int instrument;
	int events; /* file descriptor for JSON lines, -1: none */
	int clockUnset;
	int withParent; /* end when the process that started it does */
	int resets;  /* most resets before the supervisor ends; -1: no end */
	int backoff; /* ms, the longest wait before booting a device again that ends at once */
	int restart; /* boot again after --cut-power-at */
	uint64_t cutAt; /* 0: never */
	PowerStep cut;
} Options;
extern Options options;

/* Exit codes of `linkxs-sim run` (tools/simulator knows them, too). */
enum {
	exitStopped = 0,  /* by SIGINT or SIGTERM */
	exitFailed = 1,   /* no flash, a bad image, … : the last line of stderr says what */
	exitUsage = 2,
	exitResets = 3,   /* more resets than --resets allows */
	exitPowerCut = 4, /* --cut-power-at did, without --restart */
	exitHung = 5      /* had to be killed at the end */
};

/* Exit codes of the device process, for the supervisor alone. */
enum { deviceStopped = 0, deviceReset = 70, devicePowerCut = 71, deviceUnbootable = 72 };

/* One page shared by supervisor and device process. */
typedef struct {
	Retained retained;
	uint64_t flashOperations;
	int64_t wallOffset; /* microseconds from the host's clock to the device's */
	int32_t wallSet;
	uint32_t run; /* how many boots there were */
} Shared;
extern Shared* shared;

/* The device process. Does not return. */
void deviceRun(void) __attribute__((noreturn));
int supervise(void);

/* The second UART: what the device reads and writes, -1 when there's none. Kept over resets by the supervisor. */
extern int uartFd;

/* `linkxs-sim flash …`: flash-command.c. */
int flashCommand(int argc, char** argv) __attribute__((weak));

#endif

/*
 * Names to addresses: what a platform's resolver gives.
 */
#ifndef IO_RESOLVE_H
#define IO_RESOLVE_H

#include "address.h"
#include "../tasks.h"

/* RFC 1035: 253 characters and the NUL. */
#define RESOLVE_NAME 254
#define RESOLVE_MOST 8

typedef struct Resolve Resolve;
struct Resolve {
	Task task;
	/* Called once by the loop, never before resolveStart has returned. */
	void (*done)(Resolve* resolve);
	void* owner;
	uint8_t isDone, isDropped;
	/* Why there is no address, NULL if there is. */
	const char* error;
	int count;
	Address found[RESOLVE_MOST];
	uint16_t port;
	char name[RESOLVE_NAME];
};

/* NULL when there's no memory. */
Resolve* resolveStart(const char* name, uint16_t port, void (*done)(Resolve*), void* owner);
/* Nobody needs it any more, whether it is done or not. */
void resolveDrop(Resolve* resolve);

#endif

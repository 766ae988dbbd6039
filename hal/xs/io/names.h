/*
 * Names that packets are sent to: looked up once, kept for a while, with the packets that wait for the answer.
 */
#ifndef IO_NAMES_H
#define IO_NAMES_H

#include <stddef.h>

#include "address.h"

/* Names of one socket, and packets that wait for one; the packets beyond are lost, as UDP may. */
#define NAMES_MOST 4
#define NAMES_WAITING 4

typedef struct Names Names;

typedef struct {
	/* Send to one of the addresses: 0 when that one can't be reached from this socket. */
	int (*send)(void* owner, const Address* address, const void* bytes, size_t size);
	/* The name has no address, in the words of the resolver: its packets are lost. */
	void (*failed)(void* owner, const char* detail);
} NamesEvents;

/* NULL when there's no memory. */
Names* namesNew(const NamesEvents* events, void* owner);
/* Send now, or when the name is known. Nothing is told before it has returned. 0: no memory, or too many names. */
int namesSend(Names* names, const char* name, uint16_t port, const void* bytes, size_t size);
/* What waits is dropped, nothing is told any more. */
void namesClose(Names* names);

#endif

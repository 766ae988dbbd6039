/* Between the classes TCP and Listener. */
#ifndef IO_TCP_H
#define IO_TCP_H

#include "address.h"
#include "object.h"

extern const xsHostHooks listenerHooks;

/* A connection that waits at the listener in `data`: its descriptor (-1: none), and whose it is. */
int listenerTake(void* data, Address* peer);

#endif

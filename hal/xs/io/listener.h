/* Between the classes TCP and Listener. */
#ifndef IO_LISTENER_H
#define IO_LISTENER_H

#include "acceptor.h"
#include "object.h"

extern const xsHostHooks listenerHooks;

/* Of a Listener's host data; NULL when it's closed. */
Acceptor* listenerAcceptor(void* data);

#endif

/*
 * The device process's event loop: one thread, epoll, an eventfd for other threads, the host's timers, tasks.h's tasks.
 * Nothing here calls JavaScript; what is called here does so through host.h.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdint.h>

#include "../xs/tasks.h"

/* A file descriptor that the loop watches. Belongs to the caller; must stay in place until loopRemove. */
typedef struct Watch Watch;
struct Watch {
	int fd;
	void (*ready)(Watch* watch, uint32_t epollEvents);
};

/* Watch for `events` (EPOLLIN, EPOLLOUT; level triggered). */
void loopAdd(Watch* watch, uint32_t events);
void loopChange(Watch* watch, uint32_t events);
/* Events of the present batch that are still to come for this watch are dropped, too. The caller closes the fd. */
void loopRemove(Watch* watch);

/* taskPost from another thread. Such a task is never posted otherwise, nor cancelled. */
void loopPostFromThread(Task* task);

/* For main.c. `loopRun` returns after loopStop. */
void loopStart(void);
void loopRun(void);
void loopStop(void);

#endif

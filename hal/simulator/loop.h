/*
 * The device process's event loop: one thread, epoll, an eventfd for other threads, the host's timers.
 * Nothing here calls JavaScript; what is called here does so through host.h.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdint.h>

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

/* Something to run later. Belongs to the caller; clear `queued` and set `run` before the first use. */
typedef struct Task Task;
struct Task {
	Task* next;
	void (*run)(Task* task);
	int queued;
};

/* Run once on this thread in the next turn; one that's queued already isn't queued again. */
void loopPost(Task* task);
/* The same from another thread. */
void loopPostFromThread(Task* task);
/* Take a posted task out again (of either queue): nothing runs. Loop's thread only. */
void loopCancel(Task* task);

/* After the present epoll batch: where C structs of closed objects are freed. */
void loopDefer(void (*release)(void*), void* data);

/* For main.c. `loopRun` returns after loopStop. */
void loopStart(void);
void loopRun(void);
void loopStop(void);

#endif

/* The event loop: see loop.h. */
#include "loop.h"
#include "../xs/machine.h"
#include "../xs/tasks.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { batch = 32 };

static int epoll = -1;
static struct epoll_event events[batch];
static int eventCount, eventIndex; /* of the present batch */
static Task* threadTasks; /* the newest first */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int running;

static void fail(const char* what)
{
	fprintf(stderr, "loop: %s: %s\n", what, strerror(errno));
	abort();
}

void loopAdd(Watch* watch, uint32_t wanted)
{
	struct epoll_event event = {.events = wanted, .data.ptr = watch};
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, watch->fd, &event))
		fail("add");
}

void loopChange(Watch* watch, uint32_t wanted)
{
	struct epoll_event event = {.events = wanted, .data.ptr = watch};
	if (epoll_ctl(epoll, EPOLL_CTL_MOD, watch->fd, &event))
		fail("change");
}

void loopRemove(Watch* watch)
{
	epoll_ctl(epoll, EPOLL_CTL_DEL, watch->fd, NULL);
	for (int i = eventIndex; i < eventCount; i++)
		if (events[i].data.ptr == watch)
			events[i].data.ptr = NULL;
}

/* The other threads' bell. */
static void rung(Watch* watch, uint32_t ready)
{
	uint64_t count;
	Task* taken = NULL;
	(void)ready;
	if (read(watch->fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		fail("bell");
	pthread_mutex_lock(&mutex);
	while (threadTasks) {
		Task* task = threadTasks;
		threadTasks = task->next;
		task->next = taken;
		taken = task;
	}
	for (Task *task = taken, *next; task; task = next) {
		next = task->next;
		task->queued = 0;
		taskPost(task);
	}
	pthread_mutex_unlock(&mutex);
}

static Watch bell = {.fd = -1, .ready = rung};

void loopPostFromThread(Task* task)
{
	uint64_t one = 1;
	pthread_mutex_lock(&mutex);
	if (!task->queued) {
		task->queued = 1;
		task->next = threadTasks;
		threadTasks = task;
	}
	pthread_mutex_unlock(&mutex);
	if (write(bell.fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		fail("bell");
}

void loopStart(void)
{
	epoll = epoll_create1(EPOLL_CLOEXEC);
	bell.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (epoll < 0 || bell.fd < 0)
		fail("start");
	loopAdd(&bell, EPOLLIN);
}

void loopRun(void)
{
	running = 1;
	while (running) {
		tasksRun();
		int wait = machineTimers();
		if (!running)
			break;
		if (tasksPending())
			wait = 0;
		eventCount = epoll_wait(epoll, events, batch, wait);
		if (eventCount < 0 && errno != EINTR)
			fail("wait");
		for (eventIndex = 0; eventIndex < eventCount;) {
			struct epoll_event* event = &events[eventIndex++];
			Watch* watch = event->data.ptr;
			if (watch)
				watch->ready(watch, event->events);
		}
		eventCount = eventIndex = 0;
		deferredRun();
	}
}

void loopStop(void)
{
	running = 0;
}

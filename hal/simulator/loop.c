/* The event loop: see loop.h. */
#include "loop.h"
#include "../xs/machine.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { batch = 32 };

typedef struct {
	Task* first;
	Task** last;
} Queue;

typedef struct Deferred Deferred;
struct Deferred {
	Deferred* next;
	void (*release)(void*);
	void* data;
};

static int epoll = -1;
static struct epoll_event events[batch];
static int eventCount, eventIndex; /* of the present batch */
static Queue tasks = {NULL, &tasks.first};
static Queue threadTasks = {NULL, &threadTasks.first};
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static Deferred* deferred;
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

static void push(Queue* queue, Task* task)
{
	task->next = NULL;
	*queue->last = task;
	queue->last = &task->next;
}

static void cancel(Queue* queue, Task* task)
{
	for (Task** at = &queue->first; *at; at = &(*at)->next)
		if (*at == task) {
			*at = task->next;
			if (queue->last == &task->next)
				queue->last = at;
			task->queued = 0;
			return;
		}
}

void loopPost(Task* task)
{
	if (task->queued)
		return;
	task->queued = 1;
	push(&tasks, task);
}

/* The other threads' bell. */
static void rung(Watch* watch, uint32_t ready)
{
	uint64_t count;
	Queue taken = {NULL, NULL};
	(void)ready;
	if (read(watch->fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		fail("bell");
	pthread_mutex_lock(&mutex);
	taken.first = threadTasks.first;
	threadTasks.first = NULL;
	threadTasks.last = &threadTasks.first;
	for (Task* task = taken.first; task;) {
		Task* next = task->next;
		push(&tasks, task);
		task = next;
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
		push(&threadTasks, task);
	}
	pthread_mutex_unlock(&mutex);
	if (write(bell.fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		fail("bell");
}

void loopCancel(Task* task)
{
	cancel(&tasks, task);
	pthread_mutex_lock(&mutex);
	cancel(&threadTasks, task);
	pthread_mutex_unlock(&mutex);
}

void loopDefer(void (*release)(void*), void* data)
{
	Deferred* it = malloc(sizeof(*it));
	if (!it)
		fail("defer");
	*it = (Deferred){deferred, release, data};
	deferred = it;
}

static void runDeferred(void)
{
	while (deferred) {
		Deferred* it = deferred;
		deferred = it->next;
		it->release(it->data);
		free(it);
	}
}

/* What is posted while these run waits for the next turn: a mark at the queue's end says where that begins. */
static void runTasks(void)
{
	static Task mark;
	if (!tasks.first)
		return;
	push(&tasks, &mark);
	for (;;) {
		Task* task = tasks.first;
		tasks.first = task->next;
		if (!tasks.first)
			tasks.last = &tasks.first;
		if (task == &mark)
			break;
		task->queued = 0;
		task->run(task);
	}
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
		runTasks();
		int wait = machineTimers();
		if (!running)
			break;
		if (tasks.first)
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
		runDeferred();
	}
}

void loopStop(void)
{
	running = 0;
}

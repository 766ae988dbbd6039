/* See tasks.h. */
#include "tasks.h"
#include "machine.h"
#include "memory.h"

typedef struct Deferred Deferred;
struct Deferred {
	Deferred* next;
	void (*release)(void*);
	void* data;
};

static Task* first;
static Task** last = &first;
static Deferred* deferred;

static void push(Task* task)
{
	task->next = NULL;
	*last = task;
	last = &task->next;
}

void taskPost(Task* task)
{
	if (task->queued)
		return;
	task->queued = 1;
	push(task);
}

void taskCancel(Task* task)
{
	for (Task** at = &first; *at; at = &(*at)->next)
		if (*at == task) {
			*at = task->next;
			if (last == &task->next)
				last = at;
			task->queued = 0;
			return;
		}
}

void taskDefer(void (*release)(void*), void* data)
{
	Deferred* it = hostAllocate(sizeof(*it));
	if (!it)
		machineEnd(resetMemory, "no memory to give memory back", NULL);
	*it = (Deferred){deferred, release, data};
	deferred = it;
}

/* A mark at the queue's end says where the next turn begins. */
void tasksRun(void)
{
	static Task mark;
	if (!first)
		return;
	push(&mark);
	for (;;) {
		Task* task = first;
		first = task->next;
		if (!first)
			last = &first;
		if (task == &mark)
			break;
		task->queued = 0;
		task->run(task);
	}
}

int tasksPending(void)
{
	return first != NULL;
}

void deferredRun(void)
{
	while (deferred) {
		Deferred* it = deferred;
		deferred = it->next;
		it->release(it->data);
		hostFree(it);
	}
}

/*
 * Something to run in the loop's next turn, and memory to be given back after this one. One thread; what a platform's other
 * threads want from it is the platform's loop's to bring here.
 */
#ifndef TASKS_H
#define TASKS_H

/* Belongs to the caller; clear `queued` and set `run` before the first use. */
typedef struct Task Task;
struct Task {
	Task* next;
	void (*run)(Task* task);
	int queued;
};

/* Run once in the next turn; one that's queued already isn't queued again. */
void taskPost(Task* task);
/* Take a posted task out again: nothing runs. */
void taskCancel(Task* task);
/* Once the events of this turn were told: where C structs of closed objects are freed. */
void taskDefer(void (*release)(void*), void* data);

/* For the loop. What is posted while these run waits for the next turn. */
void tasksRun(void);
int tasksPending(void);
void deferredRun(void);

#endif

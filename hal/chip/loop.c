/* See loop.h. */
#include "loop.h"
#include "../xs/machine.h"
#include "../xs/tasks.h"
#include "board.h"

#include <stdlib.h>

static uint32_t (*pollers[pollersMost])(void);
static int count;

void loopPoll(uint32_t (*poll)(void))
{
	if (count == pollersMost)
		abort();
	pollers[count++] = poll;
}

void loopRun(void)
{
	enum { longest = 3600000 };
	for (;;) {
		tasksRun();
		int timer = machineTimers();
		deferredRun();
		/* Last, as what ran before may have given them something to wait for. */
		uint32_t wait = timer < 0 ? longest : (uint32_t)timer;
		for (int i = 0; i < count; i++) {
			uint32_t ms = pollers[i]();
			if (ms < wait)
				wait = ms;
		}
		if (wait && !tasksPending())
			boardIdle(clockMicroseconds() + (uint64_t)wait * 1000);
	}
}

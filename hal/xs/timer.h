/* Timers in the order in which they are due: see hal/types/timer.d.ts. */
#ifndef TIMER_H
#define TIMER_H

#include <stdint.h>

/* Call what is due at `now` (microseconds); answers the ms until the next one, rounded up, or -1. */
int timersRun(uint64_t now);
/* How many are set. */
int timersCount(void);

#endif

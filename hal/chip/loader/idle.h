/* Sleep while the host has nothing to say. */
#ifndef IDLE_H
#define IDLE_H

#include <stdint.h>

void idleStart(void);
/* Until a byte is there on the second UART, or that time (µs of the clock). Interrupts wake, and are never taken. */
void idle(uint64_t until);

#endif

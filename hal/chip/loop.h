/*
 * The chip's event loop: one thread, no interrupts but the watchdog's. Each turn asks all who can have something (pollers),
 * runs tasks (hal/xs/tasks.h) and timers, and sleeps until the first of them has to be asked again.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdint.h>

enum { pollersMost = 4, pollNever = 0xffffffff };

/* `poll` looks for events and answers in how many ms it wants to be asked again, if no interrupt comes. */
void loopPoll(uint32_t (*poll)(void));
void loopRun(void) __attribute__((noreturn));

#endif

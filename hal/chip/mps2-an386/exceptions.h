/* How an exception's handler ends what was interrupted. */
#ifndef EXCEPTIONS_H
#define EXCEPTIONS_H

#include <stdint.h>

/* Leave the handler for `function`, with the whole stack: what was interrupted never goes on. */
void leaveTo(void (*function)(), uintptr_t first, uintptr_t second, uintptr_t third) __attribute__((noreturn));

/* Handlers of vectors (start.c). */
void faulted(const uint32_t* frame);
void timerInterrupt(void);

#endif

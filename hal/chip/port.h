/* Between the parts of hal/chip. */
#ifndef CHIP_PORT_H
#define CHIP_PORT_H

#include "../xs/retained.h"

#include <stddef.h>
#include <stdint.h>

/* What the retained memory holds is lost: the power went. */
void portForget(void);
/* The C heap is what lies between the program's memory and `end`. */
void heapEnd(uint8_t* end);
/* Bytes of the C heap that were never given out; the highest use of the C stack. */
size_t heapUntouched(void);
size_t stackPeak(void);
void stackPaint(void);

/* While a debugger has stopped the device. */
void watchdogHold(void);
void watchdogGoOn(void);

/* In a trap or an interrupt: as machineEnd, but whatever is broken, also by where it was interrupted, the reason stays. */
void endWith(ResetReason reason, const char* message) __attribute__((noreturn));

/* Start what the platform has: network, serial line, debugger. */
void chipStart(void);

#endif

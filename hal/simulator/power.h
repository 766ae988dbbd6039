/*
 * The power switch: counts flash operations over all of a run of the supervisor (resets included) and throws the
 * switch at the n-th (`--cut-power-at N[:before|after|torn]`; default torn).
 */
#ifndef POWER_H
#define POWER_H

#include <stddef.h>
#include <stdint.h>

typedef enum {
	powerStays,  /* do the whole operation */
	powerBefore, /* powerCut() without doing anything */
	powerTorn,   /* do a part of it, then powerCut() */
	powerAfter   /* do the whole operation, then powerCut() */
} PowerStep;

/* Ask before each flash operation (one block's erase, one page's program). */
PowerStep powerNext(void);
/* The power is gone: the device process ends here, nothing more is written. */
void powerCut(void) __attribute__((noreturn));

/* The flash file, mapped shared by the supervisor: one for all resets. */
extern uint8_t* flashMemory;
extern size_t flashSize;

#endif

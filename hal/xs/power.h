/*
 * The laboratory's power switch, thrown at the n-th flash operation: what a platform's flash asks. Who counts, and what is
 * gone then, is the platform's.
 */
#ifndef POWER_H
#define POWER_H

typedef enum {
	powerStays,  /* do the whole operation */
	powerBefore, /* powerCut() without doing anything */
	powerTorn,   /* do a part of it, then powerCut() */
	powerAfter   /* do the whole operation, then powerCut() */
} PowerStep;

/* Ask before each flash operation (one block's erase, one page's program). */
PowerStep powerNext(void);
/* The power is gone: nothing more is written, and nothing is kept but the flash. */
void powerCut(void) __attribute__((noreturn));

#endif

/*
 * The boot rules: which slot starts. One file for every platform of ours; hal/BOOT.md draws the states. Slots are the
 * partitions of type app, subtypes ota_0 to ota_15.
 */
#ifndef BOOT_H
#define BOOT_H

#include "boot-record.h"
#include "partitions.h"

enum { bootSlotsMost = 16 };

/* The partition of a slot; 0 when the board has none of that number. */
int bootSlot(uint8_t slot, Partition* partition);

typedef struct {
	/*
	 * NULL when the slot's image may start here, else why not, in words. A chip loads the image on the way: the last one
	 * that was right is the one that starts.
	 */
	const char* (*check)(void* context, const Partition* partition);
	/* What a person should know about a choice: a line without its end. */
	void (*say)(void* context, const char* line);
	void* context;
} BootHost;

/*
 * Choose the slot that starts now, count a trial's boots, and roll back what was not confirmed. Answers the slot, or
 * bootNoSlot: there's nowhere a valid image.
 */
uint8_t bootChoose(const BootHost* host);

/* ---- For the one that runs. All answer 0, or -1: not in this state, no such slot, or the flash failed. ---- */

/*
 * From the next start on try `slot`, whose image is written and verified, `boots` times at most; `running` is the slot of
 * the one that asks. Not while itself on trial: it confirms first, or there would be nowhere to go back to.
 */
int bootStage(uint8_t slot, uint8_t running, uint8_t boots);
/* The slot on trial is good: it's the confirmed one. Harmless when there's no trial. */
int bootConfirm(void);
/* It isn't: from the next start on the former slot again. */
int bootFailed(void);

/* ---- For the one that burns over a cable ---- */

/* The slot that bootChoose would answer, without a trial counted or anything written. */
uint8_t bootWould(const BootHost* host);
/* The slot to burn when nobody names one: never the one that would start, if the board has another. */
uint8_t bootBurnSlot(uint8_t starting);
/* `slot` is the confirmed one from now on, without a trial: a person is there. */
int bootTake(uint8_t slot);

#endif

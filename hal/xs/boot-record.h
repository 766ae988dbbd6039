/*
 * The record that says which slot starts, in partition "otadata": its bits are in hal/BOOT.md. Two copies, one in each of
 * the partition's first two erase blocks; a new one takes the place of the older.
 */
#ifndef BOOT_RECORD_H
#define BOOT_RECORD_H

#include <stdint.h>

enum { bootRecordSize = 64, bootNoSlot = 0xff };

typedef enum {
	bootConfirmed = 1, /* `slot` starts */
	bootTrial = 2      /* `slot` starts `boots` times more, then `former` is confirmed again */
} BootState;

/* Why the last trial did not become the confirmed slot. */
typedef enum {
	bootOutcomeNone = 0,
	bootOutcomeUnconfirmed = 1, /* its boots ran out */
	bootOutcomeFailed = 2,      /* the firmware said so */
	bootOutcomeInvalid = 3      /* there was no valid image in it */
} BootOutcome;

typedef struct {
	uint32_t sequence;
	uint8_t state;
	uint8_t slot;
	uint8_t boots;
	uint8_t former; /* the confirmed slot before; bootNoSlot: none */
	uint8_t failed; /* the slot of the last trial that failed; bootNoSlot: none */
	uint8_t outcome;
} BootRecord;

/* The record that holds; 0 when there is none (also when there's no partition). */
int bootRecordRead(BootRecord* record);
/*
 * Make this the record that holds; the sequence number is given here. 0, or -1 when the flash fails or has no "otadata".
 * Until the commit (the last 16 bytes, a write of their own) the former record holds, from then on this one.
 */
int bootRecordWrite(BootRecord* record);

#endif

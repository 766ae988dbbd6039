/*
 * Memory that survives a reset: why this run began, what the one before left, what this one would leave. Two records take
 * turns, so that the last words stay readable while the present run writes its own.
 */
#ifndef RETAINED_H
#define RETAINED_H

#include <stdint.h>

typedef enum {
	resetUnknown, /* first: what an untold end leaves */
	resetPowerOn,
	resetSoftware,
	resetWatchdog,
	resetException,
	resetMemory,
	resetStack
} ResetReason;

enum {
	retainedMagic = 0x4C4B5257,
	retainedLines = 8,
	retainedLineSize = 121,
	retainedMessageSize = 200,
	retainedStackSize = 800
};

/* Bytes; `collections` a number. */
typedef struct {
	uint32_t slots, chunks, slotsPeak, chunksPeak, stack, stackPeak, native, nativePeak, collections;
} Figures;

typedef struct {
	uint32_t reason; /* ResetReason */
	uint32_t uptime; /* ms */
	Figures figures;
	uint32_t lineNext;
	char message[retainedMessageSize];
	char stack[retainedStackSize];
	char lines[retainedLines][retainedLineSize];
} LastWords;

typedef struct {
	uint32_t magic;
	uint32_t present; /* index of this run's record; the other one is the last words */
	uint32_t reason;  /* why this run began */
	LastWords records[2];
} Retained;

/* At the start of a run: take the record over. A fresh one (power-on) begins with reason "power-on". */
void retainedStart(Retained* retained);
/* Why this run began; what the one before left (NULL after power-on). */
ResetReason retainedReason(void);
const LastWords* retainedLast(void);
const char* retainedReasonName(uint32_t reason);

void retainedNote(const char* line);
/* Leave the last words: what isn't told stays as it was. Safe in a signal handler. */
void retainedLeave(ResetReason reason, const char* message, const char* stack, const Figures* figures, uint32_t uptime);
/* Whether a reason was left already (the first one counts: what follows is its consequence). */
int retainedLeft(void);

#endif

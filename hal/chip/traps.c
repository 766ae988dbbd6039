/* A trap is a reset with its last words: what was touched, by which instruction, and what JavaScript was doing. */
#include "../xs/host.h"
#include "../xs/machine.h"
#include "../xs/memory.h"
#include "../xs/rom.h"
#include "board.h"
#include "port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char words[retainedMessageSize];
static ResetReason reason;
static int depth;

static void endWithWords(void) __attribute__((noreturn));

/* First with the calls, then, if looking at those has trapped, without; then without anything. */
static void endWithWords(void)
{
	if (depth++ > 1)
		boardReset();
	boardLastWords();
	machineEnd(reason, words, depth > 1 ? "" : NULL);
}

/* For the C library. */
void abort(void)
{
	endWith(resetException, "C gave up");
}

void endWith(ResetReason why, const char* message)
{
	if (!depth) {
		reason = why;
		snprintf(words, sizeof(words), "%s", message);
	}
	endWithWords();
}

static int isStore(const char* cause)
{
	return !strncmp(cause, "store", 5);
}

/* Below the stack nothing is mapped: the guard. */
static int isGuard(uintptr_t address)
{
	enum { guardSize = 0x4000 };
	return address < (uintptr_t)_stack_bottom && (uintptr_t)_stack_bottom - address <= guardSize;
}

void trapped(const char* cause, uintptr_t address, uintptr_t pc)
{
	hostLog("# trap: %s at 0x%08lx, pc 0x%08lx%s", cause, (unsigned long)address, (unsigned long)pc,
		depth ? ", while ending" : "");
	if (depth)
		endWithWords();
	if (isStore(cause) && memoryInRom((void*)address) && machineRoot()) {
		reason = resetException;
		snprintf(words, sizeof(words), "wrote to a preloaded %s: make it at run time, or don't preload its module",
			romDescribe(machineRoot(), (void*)address));
	}
	else {
		reason = isGuard(address) ? resetStack : resetException;
		snprintf(words, sizeof(words), "%s at 0x%08lx, pc 0x%08lx", cause, (unsigned long)address, (unsigned long)pc);
	}
	endWithWords();
}

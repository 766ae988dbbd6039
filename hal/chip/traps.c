/* A trap is a reset with its last words: what was touched, by which instruction, and what JavaScript was doing. */
#include "../xs/host.h"
#include "../xs/machine.h"
#include "../xs/memory.h"
#include "../xs/rom.h"
#include "board.h"
#include "port.h"

#include <stdio.h>
#include <string.h>

static int isStore(const char* cause)
{
	return !strncmp(cause, "store", 5);
}

void trapped(const char* cause, uintptr_t address, uintptr_t pc)
{
	static int again;
	char message[retainedMessageSize];
	if (again++) {
		/* What an end looks at may be what is broken. */
		hostLog("# trap: %s at 0x%08lx, pc 0x%08lx, while ending", cause, (unsigned long)address, (unsigned long)pc);
		boardReset();
	}
	hostLog("# trap: %s at 0x%08lx, pc 0x%08lx", cause, (unsigned long)address, (unsigned long)pc);
	if (isStore(cause) && memoryInRom((void*)address) && machineRoot()) {
		snprintf(message, sizeof(message), "wrote to a preloaded %s: make it at run time, or don't preload its module",
			romDescribe(machineRoot(), (void*)address));
		machineEnd(resetException, message, NULL);
	}
	snprintf(message, sizeof(message), "%s at 0x%08lx, pc 0x%08lx", cause, (unsigned long)address, (unsigned long)pc);
	machineEnd(address < (uintptr_t)_stack_bottom && (uintptr_t)_stack_bottom - address < 0x4000 ? resetStack : resetException,
		message, NULL);
}

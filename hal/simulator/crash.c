/* What flash would not take: the ROM area is read-only once it's made; a write to it is reported and resets the device. */
#include "device.h"
#include "options.h"
#include "../xs/machine.h"
#include "../xs/memory.h"
#include "../xs/rom.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { alternateStack = 64 << 10 };

static uint8_t* rom;
static size_t romSize;
static struct sigaction former[NSIG];

void* crashRom(size_t size)
{
	void* area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED)
		return NULL;
	rom = area;
	romSize = size;
	return area;
}

void crashProtect(struct sxMachine* root)
{
	(void)root;
	/* The debugger marks objects that it shows, preloaded ones, too. */
	if (!options.xsbug)
		mprotect(rom, romSize, PROT_READ);
}

static void crashed(int number, siginfo_t* info, void* context)
{
	const uint8_t* address = info->si_addr;
	char message[120];
	if (rom && rom <= address && address < rom + romSize) {
		snprintf(message, sizeof(message), "wrote to a preloaded %s: make it at run time, or don't preload its module",
			romDescribe(machineRoot(), address));
		machineEnd(resetException, message, NULL);
	}
	/* Anything else is a bug in C: tell what JavaScript was doing, then end as before (a core, a sanitizer's report). */
	char frames[retainedStackSize];
	static const char head[] = "# crash in C; JavaScript was at:\n";
	sigaction(number, &former[number], NULL);
	portFlush();
	machineFrames(frames, sizeof(frames));
	if (write(STDOUT_FILENO, head, sizeof(head) - 1) < 0 || write(STDOUT_FILENO, frames, strlen(frames)) < 0)
		return;
	if (former[number].sa_flags & SA_SIGINFO && former[number].sa_sigaction)
		former[number].sa_sigaction(number, info, context);
	/* Otherwise the instruction runs again and ends the process. */
}

void crashWatch(void)
{
	static char stack[alternateStack];
	static const int numbers[] = {SIGSEGV, SIGBUS};
	stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {.sa_sigaction = crashed, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
	sigaltstack(&alternate, NULL);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, &former[numbers[i]]);
}

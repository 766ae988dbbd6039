/* Start, memory protection, reset, traps. */
#include "../board.h"
#include "registers.h"

void clockStart(void);
void uartStart(void);

void boardStart(void)
{
	uartStart();
	clockStart();
}

/* The board's reset line hangs at this pin, and resets when it's low. */
void boardReset(void)
{
	enum { resetPin = 1u << 10, outputEnable = 8, outputValue = 12 };
	/* High before it counts, so that there's one edge: a second one resets what has just begun. */
	REGISTER(gpioBase + outputValue) = resetPin;
	REGISTER(gpioBase + outputEnable) = resetPin;
	REGISTER(gpioBase + outputValue) = 0;
	for (;;)
		;
}

enum { modifyPrivilege = 1 << 17, previousPrivilege = 3 << 11 };
enum { read = 1, write = 2, execute = 4, topOfRange = 8, aligned = 0x18, locked = 0x80 };
enum { memoryEnd = 0x80400000 }; /* behind it is what isn't the device's: image run, laboratory */

/* A debugger may come at any time, and marks what it shows. */
#ifdef mxDebug
static const uint32_t ofCode = aligned | read | execute;
#else
static const uint32_t ofCode = locked | aligned | read | execute;
#endif

/* A power of two, aligned to itself, as the PMP writes it. */
static uint32_t range(uint32_t start, uint32_t size)
{
	return start >> 2 | ((size >> 3) - 1);
}

/*
 * A list of what may be touched. What is locked holds everywhere, also in traps and for instructions, and a reset keeps it;
 * then the same is said again, and the loader runs on the other hart, which has a list of its own. What isn't on the list
 * can't be touched because of MPRV with MPP = user; traps set MPP, and their end sets it back, so that counts but in them.
 * (Without a lock QEMU allows a store into code that has just run: it keeps what it found for the instruction.)
 */
void boardProtect(uint32_t ram)
{
	uint32_t window = range(0x20000000, 0x400000), devices = range(0x10000000, 0x100000);
	uint32_t clint = range(clintBase, 0x10000), plic = range(plicBase, 0x400000);
	uint32_t start = (uint32_t)(uintptr_t)_ram_start;
	__asm__ volatile("csrw pmpaddr0, %0; csrw pmpaddr1, %1; csrw pmpaddr2, %2; csrw pmpaddr3, %3" ::"r"(window), "r"(devices),
		"r"(clint), "r"(plic));
	__asm__ volatile("csrw pmpaddr4, %0; csrw pmpaddr5, %1; csrw pmpaddr6, %2" ::"r"(start >> 2), "r"((start + ram) >> 2),
		"r"((uint32_t)memoryEnd >> 2));
	uint32_t device = aligned | read | write;
	uint32_t first = ofCode | device << 8 | device << 16 | device << 24;
	uint32_t second = (locked | topOfRange | read | write) << 8 | (locked | topOfRange) << 16;
	__asm__ volatile("csrw pmpcfg0, %0; csrw pmpcfg1, %1; sfence.vma" ::"r"(first), "r"(second));
	__asm__ volatile("csrc mstatus, %0; csrs mstatus, %1" ::"r"(previousPrivilege), "r"(modifyPrivilege));
}

void boardUnlockCode(void)
{
	__asm__ volatile("csrs pmpcfg0, %0; sfence.vma" ::"r"(write));
}

uintptr_t boardUnprotect(void)
{
	uint32_t status;
	__asm__ volatile("csrrc %0, mstatus, %1" : "=r"(status) : "r"(modifyPrivilege) : "memory");
	return status & modifyPrivilege;
}

void boardProtectAgain(uintptr_t state)
{
	__asm__ volatile("csrs mstatus, %0" ::"r"(state) : "memory");
}

/* Called by start.S. */
void exception(uint32_t cause, uint32_t address, uint32_t pc)
{
	static const char* const names[] = {"instruction address misaligned", "instruction access fault", "illegal instruction",
		"breakpoint", "load address misaligned", "load access fault", "store address misaligned", "store access fault",
		"call from user mode", "call", "call", "call from machine mode"};
	enum { illegalInstruction = 2, breakpoint = 3 };
	/* With these comes the instruction, or nothing. */
	if (cause == illegalInstruction || cause == breakpoint)
		address = pc;
	trapped(cause < sizeof(names) / sizeof(names[0]) ? names[cause] : "unknown trap", address, pc);
}

/* Start, memory protection, reset, faults. */
#include "../board.h"
#include "exceptions.h"
#include "host-file.h"
#include "registers.h"

void clockStart(void);
void uartStart(void);

void boardStart(void)
{
	uartStart();
	clockStart();
}

void boardReset(void)
{
	enum { key = 0x05FA << 16, request = 1 << 2 };
	hostFilesClose();
	RESET_CONTROL = key | request;
	barrier();
	for (;;)
		;
}

enum { on = 1, isData = 1 << 28, noAccess = 0, readOnly = 6 << 24, readWrite = 3 << 24 };
enum { code, firstPage, devices, memory };

/* `eighths`: bit set, that eighth of the region isn't its. */
static void region(uint32_t number, uint32_t base, uint32_t size, uint32_t access, uint32_t eighths)
{
	uint32_t log2 = 31 - (uint32_t)__builtin_clz(size);
	MPU_NUMBER = number;
	MPU_BASE = base;
	MPU_ATTRIBUTES = access | eighths << 8 | (log2 - 1) << 1 | on;
}

static void codeIs(uint32_t access)
{
	region(code, 0, 0x400000, access, 0);
}

/*
 * A list of what may be touched; there is no other access, and below RAM, so below the stack, nothing. RAM is exact when
 * it's eighths of the next power of two, as 320 KB and 256 KB are. A reset forgets all of it.
 */
void boardProtect(uint32_t ram)
{
	uint32_t size = ram & (ram - 1) ? 2u << (31 - __builtin_clz(ram)) : ram;
	uint32_t eighths = (ram + size / 8 - 1) / (size / 8);
	codeIs(readOnly);
	/* Who takes a null pointer for an object. */
	region(firstPage, 0, 0x10000, noAccess | isData, 0);
	region(devices, 0x40000000, 0x400000, readWrite | isData, 0);
	region(memory, (uint32_t)(uintptr_t)_ram_start, size, readWrite | isData, 0xff & ~((1u << eighths) - 1));
	MPU_CONTROL = on;
	barrier();
}

void boardUnlockCode(void)
{
	codeIs(readWrite);
	barrier();
}

uintptr_t boardUnprotect(void)
{
	uint32_t state = MPU_CONTROL;
	MPU_CONTROL = 0;
	barrier();
	return state;
}

void boardProtectAgain(uintptr_t state)
{
	MPU_CONTROL = state;
	barrier();
}

/* Of the fault's status. */
enum {
	fetchViolation = 1 << 0,
	accessViolation = 1 << 1,
	unstackingViolation = 1 << 3,
	stackingViolation = 1 << 4,
	memoryAddressIsValid = 1 << 7,
	fetchBusFault = 1 << 8,
	preciseBusFault = 1 << 9,
	stackingBusFault = 1 << 12,
	busAddressIsValid = 1 << 15,
	undefinedInstruction = 1 << 16,
	invalidState = 1 << 17,
	invalidReturn = 1 << 18,
	noCoprocessor = 1 << 19,
	misaligned = 1 << 24,
	divisionByZero = 1 << 25
};

/* The processor doesn't tell loads from stores, but code can be read: what is refused there is a store. */
static const char* causeOf(uint32_t status, uintptr_t address)
{
	if (status & (accessViolation | preciseBusFault))
		return address >= (uintptr_t)_window_start && address < (uintptr_t)_window_end ? "store access fault" : "access fault";
	if (status & (stackingViolation | stackingBusFault | unstackingViolation))
		return "stack access fault";
	if (status & (fetchViolation | fetchBusFault | invalidReturn))
		return "instruction access fault";
	if (status & (undefinedInstruction | invalidState | noCoprocessor))
		return "illegal instruction";
	if (status & misaligned)
		return "address misaligned";
	return status & divisionByZero ? "division by zero" : "unknown trap";
}

/* Called by start.c, with the frame of what was interrupted, if that could be pushed. */
void faulted(const uint32_t* frame)
{
	enum { programCounter = 6 };
	uint32_t status = FAULT_STATUS;
	uintptr_t pc = status & (stackingViolation | stackingBusFault) ? 0 : frame[programCounter];
	uintptr_t address = status & memoryAddressIsValid ? MEMORY_FAULT_ADDRESS
		: status & busAddressIsValid              ? BUS_FAULT_ADDRESS
		: pc                                      ? pc
												  : (uintptr_t)frame;
	/* They are cleared by writing them. */
	FAULT_STATUS = status;
	HARD_FAULT_STATUS = HARD_FAULT_STATUS;
	leaveTo(trapped, (uintptr_t)causeOf(status, address), address, pc);
}

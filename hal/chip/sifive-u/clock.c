/* Time, sleep and the timer's interrupt: one comparator, for the watchdog always, for the loop's next event while it sleeps. */
#include "../board.h"
#include "registers.h"

enum { timerBit = 0x80, externalBit = 0x800, interruptsOn = 8 };

static uint64_t watchdog; /* 0: off */
static int ending;

uint64_t clockMicroseconds(void)
{
	uint32_t high, low;
	do {
		high = REGISTER(clintTime + 4);
		low = REGISTER(clintTime);
	} while (high != REGISTER(clintTime + 4));
	return (uint64_t)high << 32 | low;
}

uint64_t instructions(void)
{
	uint32_t high, low, again;
	do {
		__asm__ volatile("csrr %0, minstreth; csrr %1, minstret; csrr %2, minstreth" : "=r"(high), "=r"(low), "=r"(again));
	} while (high != again);
	return (uint64_t)high << 32 | low;
}

/* In an order in which no half of it is ever earlier than the whole. */
static void compare(uint64_t at)
{
	REGISTER(clintCompare + 4) = 0xffffffff;
	REGISTER(clintCompare) = (uint32_t)at;
	REGISTER(clintCompare + 4) = (uint32_t)(at >> 32);
}

void clockStart(void)
{
	compare(UINT64_MAX);
	REGISTER(plicBase + 4 * interruptUart1) = 1;
	REGISTER(plicBase + 4 * interruptEthernet) = 1;
	REGISTER(plicEnable) = 1u << interruptUart1;
	REGISTER(plicEnable + 4) = 1u << (interruptEthernet - 32);
	REGISTER(plicThreshold) = 0;
	__asm__ volatile("csrw mie, %0; csrs mstatus, %1" ::"r"(timerBit), "r"(interruptsOn));
}

static uint32_t interruptsHold(void)
{
	uint32_t status;
	__asm__ volatile("csrrc %0, mstatus, %1" : "=r"(status) : "r"(interruptsOn) : "memory");
	return status & interruptsOn;
}

static void interruptsGoOn(uint32_t state)
{
	__asm__ volatile("csrs mstatus, %0" ::"r"(state) : "memory");
}

void boardWatchdog(uint64_t at)
{
	/* Half a time would be one of its own. */
	uint32_t state = interruptsHold();
	watchdog = at;
	compare(at ? at : UINT64_MAX);
	interruptsGoOn(state);
}

void boardLastWords(void)
{
	enum { longest = 1000000 };
	ending = 1;
	compare(clockMicroseconds() + longest);
	interruptsGoOn(interruptsOn);
}

/* Called by start.S; answers whether time is up, which is nothing to come back from. */
int timerInterrupt(void)
{
	if (ending || (watchdog && clockMicroseconds() >= watchdog))
		return 1;
	compare(watchdog ? watchdog : UINT64_MAX);
	return 0;
}

/*
 * Devices may wake the sleep, but not interrupt: the loop looks at all of them in its turn. What came between that look and
 * the sleep is still pending, so nothing is slept through.
 */
void boardIdle(uint64_t until)
{
	uint32_t state = interruptsHold();
	__asm__ volatile("csrs mie, %0" ::"r"(externalBit));
	compare(watchdog && watchdog < until ? watchdog : until);
	__asm__ volatile("wfi" ::: "memory");
	__asm__ volatile("csrc mie, %0" ::"r"(externalBit));
	for (uint32_t claimed; (claimed = REGISTER(plicClaim));) {
		if (claimed == interruptEthernet) {
			extern void ethernetAcknowledge(void) __attribute__((weak));
			if (ethernetAcknowledge)
				ethernetAcknowledge();
		}
		REGISTER(plicClaim) = claimed;
		if (claimed == interruptUart1)
			break; /* it asks on until the byte is read */
	}
	compare(watchdog ? watchdog : UINT64_MAX);
	interruptsGoOn(state);
}

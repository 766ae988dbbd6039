/* Time, sleep and the watchdog's interrupt. */
#include "../board.h"
#include "exceptions.h"
#include "registers.h"

/* The board's clocks: hundredths of a second, and one that we have count microseconds. */
enum { hundredths = boardBase + 0x14, counter = boardBase + 0x18, prescale = boardBase + 0x1C, prescaler = boardBase + 0x20 };
/* A timer's. */
enum { control = 0x0, value = 0x4, reload = 0x8, interruptClear = 0xC, timerOn = 1, timerInterrupts = 8 };
enum { perMicrosecond = systemHz / 1000000 };

static uint64_t watchdog; /* 0: off */
static int ending;

/* Microseconds fill their 32 bits in 71 minutes, so the slower clock says which of those it is. */
uint64_t clockMicroseconds(void)
{
	uint64_t about = (uint64_t)REGISTER(hundredths) * 10000;
	return about + (uint64_t)(int64_t)(int32_t)(REGISTER(counter) - (uint32_t)about);
}

/*
 * This core counts nothing in the emulator. With its -icount shift=N an instruction takes 2^N nanoseconds, as on sifive-u, so
 * they are answered, in steps of 40. Without -icount they are the host's time.
 */
uint64_t instructions(void)
{
	uint64_t microseconds;
	uint32_t left;
	do {
		microseconds = clockMicroseconds();
		left = REGISTER(prescaler);
	} while (clockMicroseconds() != microseconds);
	return microseconds * 1000 + (perMicrosecond - 1 - left) * (1000 / perMicrosecond);
}

static void timerStop(uint32_t base)
{
	REGISTER(base + control) = 0;
	REGISTER(base + interruptClear) = 1;
}

/* It comes too early when that's more than 171 seconds away. */
static void timerAt(uint32_t base, uint64_t at)
{
	enum { most = UINT32_MAX / perMicrosecond };
	uint64_t now = clockMicroseconds(), wait = at > now ? at - now : 1;
	timerStop(base);
	REGISTER(base + reload) = REGISTER(base + value) = (uint32_t)(wait < most ? wait : most) * perMicrosecond;
	REGISTER(base + control) = timerOn | timerInterrupts;
}

static uint32_t interruptsHold(void)
{
	uint32_t held;
	__asm__ volatile("mrs %0, primask; cpsid i" : "=r"(held)::"memory");
	return held;
}

static void interruptsGoOn(uint32_t held)
{
	__asm__ volatile("msr primask, %0" ::"r"(held) : "memory");
}

void clockStart(void)
{
	REGISTER(prescale) = perMicrosecond - 1;
	REGISTER(counter) = 0;
	REGISTER(hundredths) = 0;
	timerStop(timer0Base);
	timerStop(timer1Base);
	NVIC_ENABLE = 1u << interruptTimer1;
}

void boardWatchdog(uint64_t at)
{
	uint32_t held = interruptsHold();
	watchdog = at;
	if (at)
		timerAt(timer1Base, at);
	else
		timerStop(timer1Base);
	interruptsGoOn(held);
}

void boardLastWords(void)
{
	enum { longest = 1000000 };
	ending = 1;
	timerAt(timer1Base, clockMicroseconds() + longest);
	interruptsGoOn(0);
}

/* The watchdog's timer. */
void timerInterrupt(void)
{
	timerStop(timer1Base);
	if (ending || (watchdog && clockMicroseconds() >= watchdog))
		leaveTo(watchdogExpired, 0, 0, 0);
	if (watchdog)
		timerAt(timer1Base, watchdog);
}

/*
 * Devices may wake the sleep, but not interrupt: the loop looks at all of them in its turn. What came between that look and
 * the sleep is still pending, so nothing is slept through.
 */
void boardIdle(uint64_t until)
{
	enum { wakers = 1u << interruptUart1 | 1u << interruptTimer0 | 1u << interruptEthernet };
	extern void uartAcknowledge(void), ethernetAcknowledge(void) __attribute__((weak));
	uint32_t held = interruptsHold();
	if (until != UINT64_MAX)
		timerAt(timer0Base, until);
	NVIC_ENABLE = wakers;
	__asm__ volatile("dsb; wfi" ::: "memory");
	NVIC_DISABLE = wakers;
	timerStop(timer0Base);
	if (ethernetAcknowledge)
		ethernetAcknowledge();
	uartAcknowledge();
	NVIC_UNPEND = wakers;
	interruptsGoOn(held);
}

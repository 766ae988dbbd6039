/* The registers of SiFive's FU540 that this machine uses (FU540-C000 manual, chapters 8 to 20). */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t*)(uintptr_t)(address))

enum {
	clintBase = 0x02000000,
	clintCompare = clintBase + 0x4000, /* hart 0 */
	clintTime = clintBase + 0xBFF8,    /* microseconds */

	plicBase = 0x0C000000,
	plicEnable = plicBase + 0x2000, /* hart 0, machine mode */
	plicThreshold = plicBase + 0x200000,
	plicClaim = plicBase + 0x200004,

	interruptUart1 = 5,
	interruptEthernet = 53,

	uart0Base = 0x10010000,
	uart1Base = 0x10011000,
	spiBase = 0x10040000,
	gpioBase = 0x10060000,
	otpBase = 0x10070000,
	ethernetBase = 0x10090000
};

#endif

/* The registers that this machine uses: ARM's MPS2 board with image AN386 (DAI0386, DDI0479), Cortex-M4 (DDI0403). */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t*)(uintptr_t)(address))

enum {
	timer0Base = 0x40000000, /* wakes the sleep */
	timer1Base = 0x40001000, /* the watchdog's */
	uart0Base = 0x40004000,
	uart1Base = 0x40005000,
	boardBase = 0x40028000, /* the board's own registers: its clocks */
	ethernetBase = 0x40200000,

	systemHz = 25000000
};

/* Numbers of interrupts. */
enum { interruptUart1 = 2, interruptTimer0 = 8, interruptTimer1 = 9, interruptEthernet = 13 };

/* The processor's own. */
#define NVIC_ENABLE REGISTER(0xE000E100)
#define NVIC_DISABLE REGISTER(0xE000E180)
#define NVIC_UNPEND REGISTER(0xE000E280)
#define VECTORS REGISTER(0xE000ED08)
#define RESET_CONTROL REGISTER(0xE000ED0C)
#define CONFIGURATION REGISTER(0xE000ED14)
#define HANDLER_CONTROL REGISTER(0xE000ED24)
#define FAULT_STATUS REGISTER(0xE000ED28)
#define HARD_FAULT_STATUS REGISTER(0xE000ED2C)
#define MEMORY_FAULT_ADDRESS REGISTER(0xE000ED34)
#define BUS_FAULT_ADDRESS REGISTER(0xE000ED38)
#define COPROCESSORS REGISTER(0xE000ED88)
#define MPU_CONTROL REGISTER(0xE000ED94)
#define MPU_NUMBER REGISTER(0xE000ED98)
#define MPU_BASE REGISTER(0xE000ED9C)
#define MPU_ATTRIBUTES REGISTER(0xE000EDA0)
#define FLOAT_CONTEXT REGISTER(0xE000EF34)

static inline void barrier(void)
{
	__asm__ volatile("dsb; isb" ::: "memory");
}

#endif

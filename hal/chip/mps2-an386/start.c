/* The vectors, the first instructions of an image, and where exceptions go. */
#include "../board.h"
#include "exceptions.h"
#include "registers.h"

#include <string.h>

extern uint8_t _data_start[], _data_load[], _data_end[], _bss_start[], _bss_end[], _tls_base[], _handler_top[];

/* picolibc's: where this thread's variables are. */
void _set_tls(void* base);
int main(void);

typedef void (*Handler)(void);

static void __attribute__((used, noreturn)) begin(void)
{
	enum { floatingPoint = 0xf << 20, divisionByZero = 1 << 4, threadFromAnywhere = 1, faults = 7 << 16 };
	/* A debugger's reset may leave it on. */
	MPU_CONTROL = 0;
	barrier();
	memcpy(_data_start, _data_load, (size_t)(_data_end - _data_start));
	memset(_bss_start, 0, (size_t)(_bss_end - _bss_start));
	COPROCESSORS |= floatingPoint;
	/* Our one handler of interrupts computes with integers, so an exception's frame is the short one. */
	FLOAT_CONTEXT = 0;
	CONFIGURATION |= divisionByZero | threadFromAnywhere;
	HANDLER_CONTROL = faults;
	barrier();
	_set_tls(_tls_base);
	main();
	boardReset();
}

/* The thread has the board's stack, handlers a small one of their own: they work, too, when the former is used up. */
void __attribute__((naked, noreturn)) _start(void)
{
	__asm__ volatile(
		"ldr r2, =vectors\n"
		"ldr r3, =0xE000ED08\n"
		"str r2, [r3]\n"
		"ldr r2, =_handler_top\n"
		"msr msp, r2\n"
		"ldr r2, =_stack_top\n"
		"msr psp, r2\n"
		"movs r2, #2\n"
		"msr control, r2\n"
		"isb\n"
		"b begin");
}

/* The frame that the processor has pushed is on the thread's stack, or in a handler's fault on the handlers'. */
static void __attribute__((naked)) fault(void)
{
	__asm__ volatile(
		"tst lr, #4\n"
		"ite ne\n"
		"mrsne r0, psp\n"
		"mrseq r0, msp\n"
		"b faulted");
}

/* As if the exception had come to an end, with a frame of ours. */
void __attribute__((naked)) leaveTo(void (*function)(), uintptr_t first, uintptr_t second, uintptr_t third)
{
	__asm__ volatile(
		"ldr r12, =_stack_top\n"
		"sub r12, #32\n"
		"str r1, [r12, #0]\n"
		"str r2, [r12, #4]\n"
		"str r3, [r12, #8]\n"
		"mov r1, #-1\n"
		"str r1, [r12, #20]\n"
		"bic r0, #1\n"
		"str r0, [r12, #24]\n"
		"mov r1, #0x01000000\n"
		"str r1, [r12, #28]\n"
		"msr psp, r12\n"
		"ldr r1, =_handler_top\n"
		"mov sp, r1\n"
		"ldr lr, =0xfffffffd\n"
		"bx lr");
}

/* The emulator knows a call by this breakpoint. */
long __attribute__((naked, noinline)) semihosting(long operation, void* argument)
{
	__asm__ volatile("bkpt 0xab\n"
					 "bx lr");
}

enum { exceptions = 16 };

/* The first of the image's CODE, where the processor looks for stack and start at reset. */
const Handler vectors[exceptions + 32] __attribute__((section(".vectors"), used)) = {
	(Handler)_handler_top, _start, fault, fault, fault, fault, fault, [11] = fault, [12] = fault, [14] = fault, [15] = fault,
	[exceptions + interruptTimer1] = timerInterrupt};

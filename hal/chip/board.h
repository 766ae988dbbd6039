/*
 * What a microcontroller gives to the rest of hal/chip; each folder of a machine (sifive-u, mps2-an386) has it. Beside it the
 * machine gives hal/xs/flash.h and the linker's script.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

/* ---- Start and memory ---- */

/* UARTs and clock. Before anything else. */
void boardStart(void);
/* From now on code and ROM are read-only, and RAM ends after `ram` bytes: whatever else is touched is a trap. */
void boardProtect(uint32_t ram);
/* Code and ROM can be written, too: what a debugger needs. */
void boardUnlockCode(void);
/* For a moment, for what isn't the device's (lab.h); the other one takes its answer. */
uintptr_t boardUnprotect(void);
void boardProtectAgain(uintptr_t state);
void boardReset(void) __attribute__((noreturn));

/* What traps.c gives back: it never returns. `address` is what was touched. */
void trapped(const char* cause, uintptr_t address, uintptr_t pc) __attribute__((noreturn));

/* The linker's: where RAM begins and the image lies, the C stack, the first byte of the heap, the ROM's area. */
extern uint8_t _ram_start[], _window_start[], _window_end[], _stack_bottom[], _stack_top[], _heap_start[], _rom_start[], _rom_free[],
	_lab_start[];

/* ---- Time ---- */

/* Since the reset. */
uint64_t clockMicroseconds(void);
/* Instructions since the reset, where the machine counts them; else 0. */
uint64_t instructions(void);
/* Sleep until an interrupt (frame, byte of the second UART) or that time. */
void boardIdle(uint64_t until);
/* Call watchdogExpired from an interrupt at this time; 0: don't. */
void boardWatchdog(uint64_t at);
/* On a stack of its own: what was interrupted never goes on. */
void watchdogExpired(void) __attribute__((noreturn));
/* What ends has a second for its last words: then watchdogExpired is called, wherever it hangs. */
void boardLastWords(void);

/* ---- Serial lines: 0 is the console, 1 the second UART ---- */

void uartSend(int port, uint8_t byte);
/* -1: none has come. */
int uartReceive(int port);

/* ---- Ethernet: whole frames without their checksum ---- */

/* Answers 0, or -1: there is none. */
int ethernetStart(const uint8_t mac[6]);
/* The bytes sent, or -1: lost. */
int ethernetSend(const void* frame, size_t size);
/* Whether the cable holds. */
int ethernetLink(void);
/* How long the next frame is; 0: none has come. */
int ethernetWaiting(void);
/* The next frame's bytes; 0: none has come. One that is longer than `most` is dropped. */
int ethernetReceive(void* into, size_t most);

/* ---- Fuses: words that are burned once ---- */

uint32_t otpRead(uint32_t index);
enum { otpSecret = 0, otpSecretWords = 8, otpMac = 8 };

/* ---- The emulator's: what takes a real chip's place, and what a laboratory needs ---- */

enum {
	semihostingOpen = 0x01,
	semihostingClose = 0x02,
	semihostingWrite = 0x05,
	semihostingRead = 0x06,
	semihostingCommandLine = 0x15,
	semihostingExit = 0x20
};
/* -1: failed, or there's no emulator that listens. */
long semihosting(long operation, void* argument);

#endif

/*
 * Who has the second UART: the program's serial line, or in a debug build Moddable's debugger. The debugger's from the start
 * with the strap `xsbug`; else from when the first byte that the host sends is '<'. It gives it back at its log-out, and can
 * come again in the same way.
 */
#ifndef UART_OWNER_H
#define UART_OWNER_H

#include <stdint.h>

typedef enum { uartSerial, uartDebugger } UartUser;

/* Whose it is now. */
UartUser uartOwner(void);
void uartGive(UartUser user);
/* The next byte; -1: none has come, or the line is another's. */
int uartTake(UartUser user);
/* Whether one has come. */
int uartHas(UartUser user);
/* Nothing is sent while the line is another's. */
void uartPut(UartUser user, uint8_t byte);

#endif

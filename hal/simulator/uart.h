/*
 * The second UART, owned by the supervisor: a pty, or a TCP port with one peer at a time. The device has one end of a
 * stream (uartFd), which it keeps over resets; what the peer sends while the device boots waits.
 */
#ifndef UART_H
#define UART_H

#include <poll.h>

enum { uartFds = 3 };

/* By --serial; answers 0, or -1 with the reason on stderr. Tells path or port by an event and on the console. */
int uartOpen(void);
/* Fill in what to poll for; answers how many. */
int uartPrepare(struct pollfd* fds);
/* Move bytes. */
void uartServe(const struct pollfd* fds);

#endif

/*
 * The chip's network: lwIP over the board's Ethernet, and over itself (127.0.0.1, ::1). One thread; nothing in here calls
 * JavaScript: what happens is told by tasks.
 */
#ifndef NET_H
#define NET_H

#include <stdint.h>

#include "../../xs/io/address.h"
#include "../../xs/tasks.h"

/* Once, before anything else of it. The cable's address is asked for (DHCP, router advertisements). */
void netStart(void);
/* Frames in, timers; answers in how many ms it wants to be asked again (UINT32_MAX: a frame comes first). */
uint32_t netPoll(void);

/* ---- For hal/chip/io ---- */

/* ECMA-419's numbers. */
enum { netIdle = 200, netJoined = 400, netOnline = 500 };
int netConnection(void);
/* Whether packets come and go. */
int netUp(void);
/* The address, IPv4 if there is one; 0: none yet. */
int netAddress(Address* address);
const uint8_t* netMac(void);
/* The cable is used, or no more: what is connected over it is reset. */
void netConnect(void);
void netDisconnect(void);

/* Who wants to know when the connection or the address changes; belongs to the caller. */
typedef struct NetWatch NetWatch;
struct NetWatch {
	NetWatch* next;
	Task task;
};
void netWatch(NetWatch* watch);
void netUnwatch(NetWatch* watch);

/*
 * Right after the start (or netConnect) the address is still on its way: who wants to connect then needs not fail. 1 for as
 * long as it is worth waiting; the watches are told at its end, too.
 */
int netIsComing(void);

#endif

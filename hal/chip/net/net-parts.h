/* Between the files of hal/chip/net. */
#ifndef NET_PARTS_H
#define NET_PARTS_H

#include <lwip/ip_addr.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>

#include "../../xs/io/address.h"

extern struct netif netEthernet;

/* net-address.c */
void netToLwip(const Address* address, ip_addr_t* at);
void netFromLwip(const ip_addr_t* at, uint16_t port, Address* address);

/* net-timers.c: run what is due; ms to the next (UINT32_MAX: none). */
uint32_t netTimers(void);

/* Whether the connection that lwIP just ended is one whose peer doesn't answer any more; else the address went. */
int netGaveUp(void);

/* Bytes of lwIP's heap that nobody has. */
uint32_t netHeapFree(void);

/* Bytes that one of the connections that there are may have waiting to be read. */
size_t netShare(void);

/* lwIP's word for an err_t. */
const char* netWord(int8_t error);

#endif

/* Frames between the board's Ethernet and lwIP. */
#ifndef NET_FRAME_H
#define NET_FRAME_H

#include <lwip/netif.h>

/* Hand what has come to lwIP; a few at a time, so that others get their turn. */
void frameInput(void);
err_t frameOutput(struct netif* netif, struct pbuf* frame);

#endif

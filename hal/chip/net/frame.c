/* See frame.h. */
#include "frame.h"

#include "../board.h"
#include "net-parts.h"

#define FRAMES_A_TURN 16
/* Acknowledgements and questions about addresses are shorter: they give memory back, or take none for long. */
#define SMALL 128

/* The next frame; NULL: there's none, or no memory for it, and it's lost as on the way. */
static struct pbuf* take(int* isLast)
{
	int size = ethernetWaiting();
	*isLast = !size;
	if (!size)
		return NULL;
	struct pbuf* frame = NULL;
	if (netHeapFree() >= (size <= SMALL ? NET_HEAP_LAST : NET_HEAP_RECEIVE) + (uint32_t)size)
		frame = pbuf_alloc(PBUF_RAW, (u16_t)size, PBUF_RAM);
	ethernetReceive(frame ? frame->payload : NULL, frame ? (size_t)size : 0);
	return frame;
}

void frameInput(void)
{
	int isLast = 0;
	for (int i = 0; i < FRAMES_A_TURN && !isLast; i++) {
		struct pbuf* frame = take(&isLast);
		if (frame && netEthernet.input(frame, &netEthernet))
			pbuf_free(frame);
	}
}

err_t frameOutput(struct netif* netif, struct pbuf* frame)
{
	/* The board sends what lies in one piece. */
	struct pbuf* whole = frame->next ? pbuf_clone(PBUF_RAW, PBUF_RAM, frame) : frame;
	if (!whole)
		return ERR_MEM;
	int sent = ethernetSend(whole->payload, whole->tot_len);
	if (whole != frame)
		pbuf_free(whole);
	return sent < 0 ? ERR_IF : ERR_OK;
}

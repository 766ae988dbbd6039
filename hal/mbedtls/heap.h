/* The heap of mbedTLS, counted: what TLS costs a device in RAM. */
#ifndef LINKXS_TLS_HEAP_H
#define LINKXS_TLS_HEAP_H

#include <stddef.h>

/* Bytes that mbedTLS and the TLS engine hold now, and the most they held. Zeros where mbedTLS isn't ours (ESP-IDF). */
void tlsHeap(size_t* current, size_t* peak);
/* Start the peak anew from what is held now. */
void tlsHeapReset(void);
/* A connection is set up, and its handshake begins: note what is held. Who looks at a device's memory from outside reads it. */
void tlsHeapSetUp(void);
/* No more than `bytes` in all from now on, as on a board; 0 (default) means no limit. Past it tlsCalloc gives NULL. */
void tlsHeapLimit(size_t bytes);

void* tlsCalloc(size_t count, size_t size);
void tlsFree(void* block);

#endif

/* The parts of the device process. */
#ifndef DEVICE_H
#define DEVICE_H

#include <stddef.h>

struct sxMachine;

/* port.c: clocks start. */
void portStart(void);
/* Bytes that wait for their line's end. */
void portFlush(void);
/* From now on the console is silent. */
void portSilence(void);

/* crash.c: the ROM area (NULL when there's no memory), its lock, and what a write to it or another crash leads to. */
void* crashRom(size_t size);
void crashProtect(struct sxMachine* root);
void crashWatch(void);

/* watchdog.c: its signal goes to the calling thread. */
void watchdogStart(void);

/* figures.c */
void figuresPrint(const char* when);

/* heap-dump.c: XS's memory into the file of --heap-file, told by an event. */
void heapWrite(void);

/* costs.c: which modules are not preloaded, and the RAM that each costs. */
void costsPrint(void);

#endif

/* The device's machine: made from an image, driven by the platform's loop. */
#ifndef MACHINE_H
#define MACHINE_H

#include "image.h"
#include "retained.h"
#include "rom.h"

struct sxMachine;

/*
 * Make the root from the image (on a chip it's in the ROM image), then clone the running machine from it; in between the ROM
 * area is to be made read-only. Both answer 0, or -1 with the reason in `error`.
 */
int machineMakeRoot(const Image* image, const RomSizes* sizes, char* error, size_t size);
int machineClone(const Image* image, char* error, size_t size);
/* Import the main module and call its default export if that is a function. */
void machineMain(void);
/* What the platform's loop calls between events: runs the timers that are due; answers ms to the next (-1: none). */
int machineTimers(void);

struct sxMachine* machineRoot(void);
/* Memory now. Nothing is allocated. */
void machineFigures(Figures* figures);
/* The calls that are being made, innermost first, " at name (file:line)" a line. Nothing is allocated. */
void machineFrames(char* text, size_t size);
/* Leave the last words with memory and, unless given, the calls; then reset. */
void machineEnd(ResetReason reason, const char* message, const char* stack) __attribute__((noreturn));

#endif

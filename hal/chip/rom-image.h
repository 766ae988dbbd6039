/*
 * The ROM image: the root machine with its preloaded modules, made by the firmware itself in one run on the emulator
 * (`rom=FILE`), written out, and part of the image from then on. Nothing in it moves: the same addresses both times.
 */
#ifndef ROM_IMAGE_H
#define ROM_IMAGE_H

/* Whether this firmware has its ROM. */
int romIsMade(void);
/* Make it and write it into the file; ends the emulator: 0, or 1 with the reason on the console. */
void romMake(const char* file) __attribute__((noreturn));

#endif

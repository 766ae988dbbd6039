/* The module map: an image's modules under their names, their byte code executed in place from the ROM area. */
#ifndef MODULES_H
#define MODULES_H

#include "image.h"

struct sxMachine;

/*
 * Copy the image's byte code into the ROM area and fit it to the root machine: its symbols become the machine's ids. To be
 * called while ROM is being built. Answers 0, or -1 when the area is full.
 */
int modulesLoad(struct sxMachine* root, const Image* image);
uint32_t modulesCount(void);
const char* modulesName(uint32_t index);
int modulesPreload(uint32_t index);
/* The image that the modules came from; with a ROM image it's to be told. */
const Image* modulesImage(void);
void modulesOf(const Image* image);

#endif

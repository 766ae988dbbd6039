/*
 * What the making of the root machine writes, and nobody afterwards. On a chip it becomes part of the ROM image; elsewhere
 * it's a variable like any other.
 */
#ifndef LATE_H
#define LATE_H

#ifdef HOST_ROM_IMAGE
#define LATE __attribute__((section(".late")))
#else
#define LATE
#endif

#endif

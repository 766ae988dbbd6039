/* Where the device under the Moddable simulator keeps its things: LINKXS_STATE, else ~/.linkxs/lin. */
#ifndef STATE_H
#define STATE_H

#include <stddef.h>

enum { statePathSize = 512 };

/* The path of `name` in there, the folders made; NULL (with errno) when they can't be. */
const char* statePath(char path[statePathSize], const char* name);

/* `size` bytes of the file `name`, shared with the disk; a new or short file is filled up with `fill`. NULL: errno. */
void* stateMap(const char* name, size_t size, unsigned char fill);

#endif

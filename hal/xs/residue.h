/*
 * What XS's collector leaves behind: it slides chunks down over those that nobody needs any more, and where a chunk was, its
 * bytes stay until something else comes there. A secret that was wiped in its place would be found in its former one.
 */
#ifndef RESIDUE_H
#define RESIDUE_H

#include "xsmc.h"

/* Learn of the machine's collections from now on. */
void residueWatch(xsMachine* the);
/* Between two turns: after a collection, clear what's free of the chunks. */
void residueWipe(xsMachine* the);

#endif

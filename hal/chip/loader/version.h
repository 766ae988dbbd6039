/* The loader's own version; the protocol's is frameVersion. */
#ifndef VERSION_H
#define VERSION_H

#define LOADER_VERSION "1.0.0"

#endif

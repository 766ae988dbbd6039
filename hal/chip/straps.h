/* What the laboratory tells a chip at its start: words of the emulator's command line, `name` or `name=value`. */
#ifndef STRAPS_H
#define STRAPS_H

void strapsRead(void);
/* The value ("" when it has none); NULL: not given. */
const char* strap(const char* name);

#endif

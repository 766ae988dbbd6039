/* The strap `instrument`: figures of memory on the console at a run's start and end, as the simulator's --instrument has them. */
#ifndef INSTRUMENT_H
#define INSTRUMENT_H

void instrumentPrint(const char* when);

#endif

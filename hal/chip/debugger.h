/* Moddable's debugger at the second UART (see uart-owner.h). Debug builds only; else it does nothing. */
#ifndef DEBUGGER_H
#define DEBUGGER_H

/* From now on the loop listens to it. */
void debuggerStart(void);

#endif

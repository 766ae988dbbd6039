/* The host's own globals; each installs itself into the root machine, in a host frame of its own. */
#ifndef GLOBALS_H
#define GLOBALS_H

#include "xsmc.h"
#include "mc.xs.h"

void nativesInstall(xsMachine* the);
void consoleInstall(xsMachine* the);

#endif

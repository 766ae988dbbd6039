/* What the ports of the SDK's platforms give beside hal/xs/port.h. */
#ifndef DEVICE_H
#define DEVICE_H

#include "../xs/retained.h"

/* The memory that survives a reset, and says what ended the run before where the hardware knows. Once a run. */
Retained* portRetained(void);

#endif

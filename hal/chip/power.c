/* xs/power.h on a chip: counted since the emulator started (`cut=N[:before|after|torn]`); then a reset as after power-on. */
#include "../xs/power.h"
#include "board.h"
#include "lab.h"
#include "port.h"
#include "straps.h"

#include <stdlib.h>
#include <string.h>

PowerStep powerNext(void)
{
	static int armed = -1; /* not asked yet */
	static uint32_t at;
	static PowerStep step = powerTorn;
	Lab lab;
	labRead(&lab);
	lab.flashOperations++;
	labWrite(&lab);
	if (armed < 0) {
		char* mode;
		const char* text = strap("cut");
		armed = text && !lab.wasCut;
		if (armed) {
			at = (uint32_t)strtoul(text, &mode, 10);
			step = !strcmp(mode, ":before") ? powerBefore : !strcmp(mode, ":after") ? powerAfter : powerTorn;
		}
	}
	return armed && lab.flashOperations == at ? step : powerStays;
}

void powerCut(void)
{
	static const char words[] = "# power cut\n";
	Lab lab;
	labRead(&lab);
	lab.wasCut = 1;
	labWrite(&lab);
	for (const char* p = words; *p; p++)
		uartSend(0, (uint8_t)*p);
	portForget();
	boardReset();
}

/* The power switch: see power.h. */
#include "options.h"

#include <unistd.h>

uint8_t* flashMemory;
size_t flashSize;

PowerStep powerNext(void)
{
	shared->flashOperations++;
	return options.cutAt && shared->flashOperations == options.cutAt ? options.cut : powerStays;
}

void powerCut(void)
{
	_exit(devicePowerCut);
}

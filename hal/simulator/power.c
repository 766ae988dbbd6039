/*
 * xs/power.h in a process: counted over all of a run of the supervisor, resets included
 * (`--cut-power-at N[:before|after|torn]`; default torn); then the device process ends.
 */
#include "options.h"

#include <unistd.h>

PowerStep powerNext(void)
{
	shared->flashOperations++;
	return options.cutAt && shared->flashOperations == options.cutAt ? options.cut : powerStays;
}

void powerCut(void)
{
	_exit(devicePowerCut);
}

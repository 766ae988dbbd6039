/* What XS takes from the C library, and a device has otherwise: the time of day, and random numbers. */
#include "xsAll.h"
#include "port.h"

/* While nobody has set the wall clock it's 1970, as on a chip: the time since the start. */
int xsTimeOfDay(c_timeval* time, void* zone)
{
	int64_t now = portWallClock();
	if (!now)
		now = (int64_t)portMicroseconds();
	time->tv_sec = (time_t)(now / 1000000);
	time->tv_usec = (suseconds_t)(now % 1000000);
	return 0;
}

/*
 * For Math.random: 31 bits of xorshift64*. Devices that wait at random before they connect again must not draw the same
 * numbers, so the seed differs from start to start. Not for secrets: hal/crypto has those.
 */
int xsRandom(void)
{
	static uint64_t state;
	while (!state)
		state = portSeed();
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (int)((state * 0x2545f4914f6cdd1d) >> 33);
}

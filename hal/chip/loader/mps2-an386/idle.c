/* See idle.h. The firmware's sleep does it: all that wakes it is off outside of it. */
#include "../idle.h"
#include "../../board.h"

void clockStart(void);

/* Its clock has to be told what to count. */
void idleStart(void)
{
	clockStart();
}

void idle(uint64_t until)
{
	boardIdle(until);
}

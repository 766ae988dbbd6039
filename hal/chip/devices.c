/* What the loop asks of the board's devices. */
#include "debugger.h"
#include "io/line-poll.h"
#include "loop.h"
#include "net/net.h"
#include "port.h"

void chipStart(void)
{
	netStart();
	loopPoll(netPoll);
	loopPoll(linePoll);
	debuggerStart();
}

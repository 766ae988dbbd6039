/* hal/timer in C: a list sorted by due time. A device has a dozen timers: a heap would only be longer. */
#include "host.h"
#include "port.h"
#include "timer.h"

typedef struct Timer Timer;
struct Timer {
	Timer* next;
	uint64_t at;     /* microseconds */
	uint64_t repeat; /* microseconds, 0: once */
	uint32_t turn;   /* the turn in which it was scheduled; 0 while its callback runs */
	uint8_t queued, live;
	xsSlot self, callback;
};

/* Longest delay, ms: what Timer.set takes without losing precision (24.8 days, as setTimeout). */
#define LONGEST 2147483647.0

static Timer* first;
static uint32_t turn = 1; /* never 0 */
static int count;

static void insert(Timer* timer)
{
	Timer** at = &first;
	while (*at && (*at)->at <= timer->at)
		at = &(*at)->next;
	timer->next = *at;
	timer->queued = 1;
	timer->turn = turn;
	*at = timer;
	if (first == timer)
		portTimersChanged();
}

static void withdraw(Timer* timer)
{
	Timer** at = &first;
	if (!timer->queued)
		return;
	while (*at != timer)
		at = &(*at)->next;
	*at = timer->next;
	timer->queued = 0;
}

static void forget(xsMachine* the, Timer* timer)
{
	withdraw(timer);
	if (!timer->live)
		return;
	timer->live = 0;
	count--;
	xsForget(timer->self);
}

static void mark(xsMachine* the, void* data, xsMarkRoot markRoot)
{
	Timer* timer = data;
	(*markRoot)(the, &timer->callback);
}

void xs_timer_destructor(void* data)
{
	Timer* timer = data;
	if (!timer)
		return;
	withdraw(timer);
	hostFree(timer);
}

static const xsHostHooks hooks = {xs_timer_destructor, mark, NULL};

static Timer* timerOf(xsMachine* the, xsSlot* slot)
{
	Timer* timer = fxGetHostDataValidate(the, slot, (void*)&hooks);
	if (!timer)
		xsUnknownError("Timer: not initialized");
	return timer;
}

static uint64_t delay(xsMachine* the, xsSlot* slot)
{
	xsNumberValue ms = fxToNumber(the, slot);
	if (!(ms > 0))
		return 0;
	return (uint64_t)((ms > LONGEST ? LONGEST : ms) * 1000);
}

void xs_timer_constructor(xsMachine* the)
{
	if (xsmcArgc < 1 || !xsmcIsCallable(xsArg(0)))
		xsTypeError("Timer: callback is no function");
	Timer* timer = hostAllocate(sizeof(Timer));
	if (!timer)
		xsRangeError("Timer: out of memory");
	xsmcSetHostData(xsThis, timer);
	xsSetHostHooks(xsThis, (xsHostHooks*)&hooks);
	timer->self = xsThis;
	timer->callback = xsArg(0);
	timer->live = 1;
	count++;
	xsRemember(timer->self);
}

/* this, ms (undefined: suspended), repeat (undefined: once) */
void xs_timer_schedule(xsMachine* the)
{
	Timer* timer = timerOf(the, &xsThis);
	int suspend = xsmcArgc < 1 || xsmcTypeOf(xsArg(0)) == xsUndefinedType;
	uint64_t at = suspend ? 0 : delay(the, &xsArg(0));
	uint64_t repeat = xsmcArgc > 1 && xsmcTypeOf(xsArg(1)) != xsUndefinedType ? delay(the, &xsArg(1)) : 0;
	if (!timer->live)
		xsUnknownError("Timer: was cleared");
	withdraw(timer);
	timer->repeat = repeat;
	timer->turn = turn;
	if (suspend)
		return;
	timer->at = portMicroseconds() + at;
	insert(timer);
}

void xs_timer_clear(xsMachine* the)
{
	forget(the, timerOf(the, &xsThis));
}

static void fire(xsMachine* the, void* data)
{
	Timer* timer = data;
	uint64_t at = timer->at;
	withdraw(timer);
	/* It may be cleared and collected in its own callback: the frame keeps it. */
	xsmcVars(1);
	xsVar(0) = timer->self;
	timer->turn = 0;
	hostCallback(the, &xsVar(0), &timer->callback, 1, &xsVar(0));
	if (!timer->live || timer->queued || timer->turn)
		return; /* cleared or scheduled anew by the callback */
	if (!timer->repeat) {
		forget(the, timer);
		return;
	}
	/* In its rhythm; what was missed is not made up for. */
	uint64_t now = portMicroseconds();
	timer->at = at + timer->repeat;
	if (timer->at <= now)
		timer->at += (now - timer->at) / timer->repeat * timer->repeat + (now == timer->at ? 0 : timer->repeat);
	insert(timer);
}

int timersRun(uint64_t now)
{
	if (!++turn)
		turn = 1;
	/* What is set for "at once" by a callback waits for the next turn, so that the loop sees its sockets in between. */
	for (Timer* timer = first; timer && timer->at <= now;) {
		if (timer->turn == turn) {
			timer = timer->next;
			continue;
		}
		hostRun(fire, timer);
		timer = first;
	}
	if (!first)
		return -1;
	now = portMicroseconds();
	if (first->at <= now)
		return 0;
	uint64_t wait = (first->at - now + 999) / 1000;
	return wait > 2147483647 ? 2147483647 : (int)wait;
}

int timersCount(void)
{
	return count;
}

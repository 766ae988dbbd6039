/* The watchdog: a timer of the system whose signal interrupts JavaScript, even a loop that hangs. */
#include "device.h"
#include "../xs/machine.h"
#include "../xs/port.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static timer_t timer;
static uint32_t period;
static sigjmp_buf broken;

static void brokenFrames(int number)
{
	siglongjmp(broken, number);
}

/* JavaScript was interrupted anywhere, so its frames may be half made: reading them may fail, and that must not matter. */
static void barked(int number)
{
	static char frames[retainedStackSize];
	char message[60];
	(void)number;
	snprintf(message, sizeof(message), "not fed for %u ms", period);
	signal(SIGSEGV, brokenFrames);
	signal(SIGBUS, brokenFrames);
	if (!sigsetjmp(broken, 1))
		machineFrames(frames, sizeof(frames));
	machineEnd(resetWatchdog, message, frames);
}

void watchdogStart(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
	struct sigaction action = {.sa_handler = barked};
	event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	sigaction(SIGALRM, &action, NULL);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer))
		perror("watchdog");
}

void portWatchdog(uint32_t ms)
{
	struct itimerspec when = {.it_value = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000}};
	period = ms;
	timer_settime(timer, 0, &when, NULL);
}

/*
 * The supervisor: owns what outlives the device process (flash file, retained memory, second UART) and boots it again
 * after each reset. All that happens to the device goes through here: signals, power, the end.
 */
#include "options.h"
#include "events.h"
#include "flash.h"
#include "station.h"
#include "uart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	quickRun = 5000,   /* ms: a run that ends sooner by anything but restart() counts as a crash in a row */
	waitFirst = 100,   /* ms before booting again after such a crash, doubled each time up to --backoff */
	stopTime = 2000    /* ms for the device to end by itself */
};

Shared* shared;
static pid_t device;
static int signals = -1;
static int stopping;

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int openFlash(void)
{
	struct stat status;
	int fd = open(options.flash, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status)) {
		fprintf(stderr, "flash file %s: %s\n", options.flash, strerror(errno));
		return -1;
	}
	/* Two devices on one flash would ruin it. */
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	if (fcntl(fd, F_SETLK, &lock)) {
		fprintf(stderr, "flash file %s: another device runs on it\n", options.flash);
		return -1;
	}
	if (status.st_size < 65536 || status.st_size % 4096) {
		fprintf(stderr, "flash file %s: %lld bytes is no flash\n", options.flash, (long long)status.st_size);
		return -1;
	}
	flashSize = (size_t)status.st_size;
	flashMemory = mmap(NULL, flashSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (flashMemory == MAP_FAILED) {
		fprintf(stderr, "flash file %s: %s\n", options.flash, strerror(errno));
		return -1;
	}
	flashCount(flashSize);
	return 0; /* fd stays open: it holds the lock */
}

/* Power comes on: nothing is kept but the flash. */
static void powerOn(void)
{
	uint64_t operations = shared->flashOperations;
	uint32_t run = shared->run;
	memset(shared, 0, sizeof(*shared));
	shared->flashOperations = operations;
	shared->run = run;
	shared->wallSet = !options.clockUnset;
}

static int boot(void)
{
	sigset_t none;
	shared->run++;
	fflush(NULL);
	device = fork();
	if (device < 0) {
		fprintf(stderr, "fork: %s\n", strerror(errno));
		return -1;
	}
	if (device == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* Ctrl-C reaches the whole group; the device is told to end by the supervisor. */
		signal(SIGINT, SIG_IGN);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		close(signals);
		deviceRun();
	}
	return 0;
}

/* Something to do: signals, the UART; at most until `end` (ms), -1: no end. Answers whether the device has ended. */
static int attend(int64_t end, int* status)
{
	struct pollfd fds[uartFds + 1] = {{.fd = signals, .events = POLLIN}};
	int count = 1 + uartPrepare(fds + 1);
	int64_t wait = end < 0 ? -1 : end - now();
	if (end >= 0 && wait < 0)
		wait = 0;
	if (poll(fds, (nfds_t)count, (int)wait) < 0 && errno != EINTR)
		return 0;
	uartServe(fds + 1);
	struct signalfd_siginfo info;
	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM || info.ssi_signo == SIGHUP)
			stopping = 1;
		else if (info.ssi_signo == SIGUSR1 && device > 0)
			kill(device, SIGUSR1);
		else if (info.ssi_signo == SIGUSR2 && device > 0)
			kill(device, SIGUSR2);
	}
	return device > 0 && waitpid(device, status, WNOHANG) == device;
}

/* Run the device until it ends. Answers its wait status. */
static int runDevice(void)
{
	int status = 0, told = 0;
	int64_t end = -1;
	for (;;) {
		if (attend(end, &status))
			break;
		if (stopping && !told) {
			told = 1;
			kill(device, SIGTERM);
			end = now() + stopTime;
		}
		else if (told && end >= 0 && now() >= end) {
			told = 2;
			kill(device, SIGKILL);
			end = -1;
		}
	}
	device = 0;
	if (told == 2)
		return -1;
	return status;
}

/* What the device could not write down itself. */
static void leave(const char* message)
{
	LastWords* words = &shared->retained.records[shared->retained.present & 1];
	if (shared->retained.magic != retainedMagic)
		return;
	words->reason = resetUnknown;
	snprintf(words->message, sizeof(words->message), "%s", message);
}

static void tellReset(uint32_t run)
{
	const LastWords* words = &shared->retained.records[shared->retained.present & 1];
	char message[2 * retainedMessageSize], figures[512];
	eventWrite("reset", "\"run\":%u,\"reason\":\"%s\",\"message\":%s,\"uptime\":%u,%s", run,
		retainedReasonName(words->reason), eventString(message, sizeof(message), words->message), words->uptime,
		eventFigures(figures, sizeof(figures), &words->figures));
}

/* Boot again only after a while when the device ends at once, again and again. */
static void backOff(int quick)
{
	static int64_t wait;
	int status;
	wait = !quick ? 0 : wait ? wait * 2 : waitFirst;
	if (wait > options.backoff)
		wait = options.backoff;
	if (wait)
		eventWrite("backoff", "\"ms\":%d", (int)wait);
	for (int64_t end = now() + wait; !stopping && now() < end;)
		attend(end, &status);
}

static int endWith(int code, const char* why)
{
	flashTell();
	eventWrite("exit", "\"code\":%d,\"resets\":%u,\"flashOperations\":%llu", code, shared->run - 1,
		(unsigned long long)shared->flashOperations);
	if (why)
		fprintf(stderr, "%s\n", why);
	return code;
}

static int superviseRuns(void)
{
	for (;;) {
		int64_t start = now();
		if (boot())
			return exitFailed;
		int status = runDevice();
		int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		if (status == -1)
			return endWith(exitHung, "the device did not end by itself");
		if (code == deviceStopped)
			return endWith(exitStopped, NULL);
		if (code == deviceUnbootable)
			return endWith(exitFailed, NULL);
		if (code == devicePowerCut) {
			eventWrite("power", "\"operation\":%llu", (unsigned long long)shared->flashOperations);
			if (!options.restart)
				return endWith(exitPowerCut, NULL);
			powerOn();
			continue;
		}
		if (code != deviceReset) {
			char message[80];
			if (WIFSIGNALED(status))
				snprintf(message, sizeof(message), "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
			else
				snprintf(message, sizeof(message), "exit code %d", code);
			leave(message);
			printf("# unknown: %s\n", message);
			fflush(stdout);
		}
		tellReset(shared->run);
		if (stopping)
			return endWith(exitStopped, NULL);
		if (options.resets >= 0 && shared->run > (uint32_t)options.resets)
			return endWith(exitResets, NULL);
		uint32_t reason = shared->retained.records[shared->retained.present & 1].reason;
		backOff(reason != resetSoftware && now() - start < quickRun);
		if (stopping)
			return endWith(exitStopped, NULL);
	}
}

int supervise(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	shared = mmap(NULL, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (signals < 0 || shared == MAP_FAILED) {
		perror("linkxs-sim");
		return exitFailed;
	}
	if (options.withParent && (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() == 1))
		return exitFailed;
	powerOn();
	if (stationRead() || openFlash() || uartOpen())
		return exitFailed;
	return superviseRuns();
}

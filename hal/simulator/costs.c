/*
 * What modules cost that are not preloaded. To know that, they must run, and a program's main module is its program: so
 * they run in a process of their own that ends at once, whose flash and retained memory are copies, which can open nothing
 * and says nothing.
 */
#include "device.h"
#include "flash.h"
#include "options.h"
#include "../xs/host.h"
#include "../xs/machine.h"
#include "../xs/modules.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
	uint32_t index;
	int32_t slots, chunks; /* bytes */
} Cost;

static int results = -1;

/* What is written there from now on, nobody sees. */
static int makePrivate(void* memory, size_t size)
{
	void* copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED)
		return -1;
	memcpy(copy, memory, size);
	return mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, memory) == memory ? 0 : -1;
}

static void import(xsMachine* the, void* data)
{
	xsResult = xsAwaitImport((xsStringValue)data, XS_IMPORT_ASYNC);
}

static void measure(uint32_t index)
{
	Figures before, after;
	xsMachine* the = hostMachine();
	fxCollectGarbage(the);
	machineFigures(&before);
	hostRun(import, (void*)modulesName(index));
	fxCollectGarbage(the);
	machineFigures(&after);
	Cost cost = {index, (int32_t)(after.slots - before.slots), (int32_t)(after.chunks - before.chunks)};
	if (write(results, &cost, sizeof(cost)) < 0)
		_exit(1);
}

static void measureAll(void)
{
	struct rlimit none = {0, 0};
	portSilence();
	options.events = -1;
	options.instrument = 0;
	if (makePrivate(flashMemory, flashSize) || makePrivate(shared, sizeof(*shared)) || setrlimit(RLIMIT_NOFILE, &none))
		_exit(1);
	if (uartFd >= 0)
		close(uartFd);
	for (uint32_t i = 0; i < modulesCount(); i++)
		if (!modulesPreload(i))
			measure(i);
	_exit(0);
}

void costsPrint(void)
{
	int fds[2];
	Cost cost;
	uint32_t next = 0;
	portFlush();
	if (pipe(fds))
		return;
	pid_t child = fork();
	if (child == 0) {
		close(fds[0]);
		results = fds[1];
		measureAll();
	}
	close(fds[1]);
	while (read(fds[0], &cost, sizeof(cost)) == sizeof(cost)) {
		/* What it imports is counted with it, unless that was imported before. */
		hostLog("# not preloaded: %s: slots %d, chunks %d bytes", modulesName(cost.index), cost.slots, cost.chunks);
		next = cost.index + 1;
	}
	for (; next < modulesCount(); next++)
		if (!modulesPreload(next))
			hostLog("# not preloaded: %s: cost unknown, as it ends the run", modulesName(next));
	close(fds[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
}

/*
 * embedded:io/socket/listener: accepts TCP connections and keeps a few until they're read.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../../xs/memory.h"
#include "../loop.h"
#include "../station.h"
#include "tcp.h"

/* Connections that wait for read(); more wait in the kernel. */
#define WAITING_MOST 8
#define BACKLOG 64

typedef struct {
	int fd;
	Address peer;
} Waiting;

typedef struct {
	Object object;
	Watch watch;
	int spare;
	uint16_t port;
	uint8_t isPaused; /* not watched: all places are taken */
	uint8_t count;
	Waiting waiting[WAITING_MOST];
} Listener;

void xs_listener_destructor(void* data);
const xsHostHooks listenerHooks = { xs_listener_destructor, objectMark, NULL };

static Listener* ofWatch(Watch* watch)
{
	return (Listener*)((char*)watch - offsetof(Listener, watch));
}

static void pauseWatch(Listener* listener, int isPaused)
{
	if (listener->isPaused == isPaused)
		return;
	listener->isPaused = (uint8_t)isPaused;
	loopChange(&listener->watch, isPaused ? 0 : EPOLLIN);
}

static void callReadable(xsMachine* the, void* data)
{
	Listener* listener = data;
	hostCallbackInteger(the, &listener->object.self, &listener->object.onReadable, listener->count);
}

/*
 * Out of descriptors the connection would wait and the loop would run in circles: with the one that is kept for this it
 * is accepted and closed.
 */
static void turnAway(Listener* listener)
{
	close(listener->spare);
	int fd = accept4(listener->watch.fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	listener->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* One connection a turn: a server of a device seldom has two at once, and the second costs one event more. */
static void listenerReady(Watch* watch, uint32_t epollEvents)
{
	(void)epollEvents;
	Listener* listener = ofWatch(watch);
	Waiting* waiting = &listener->waiting[listener->count];
	waiting->peer.length = sizeof waiting->peer.to;
	int fd = accept4(watch->fd, &waiting->peer.to.any, &waiting->peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (EMFILE == errno)
			turnAway(listener);
		return;
	}
	if (!networkUp()) {
		/* Nobody can have come. */
		struct linger now = {.l_onoff = 1};
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
		close(fd);
		return;
	}
	waiting->fd = fd;
	if (++listener->count == WAITING_MOST)
		pauseWatch(listener, 1);
	hostRun(callReadable, listener);
}

int listenerTake(void* data, Address* peer)
{
	Listener* listener = data;
	if (!listener || !listener->count)
		return -1;
	int fd = listener->waiting[0].fd;
	*peer = listener->waiting[0].peer;
	listener->count--;
	memmove(listener->waiting, listener->waiting + 1, listener->count * sizeof(Waiting));
	pauseWatch(listener, 0);
	return fd;
}

static int openAt(const Address* address)
{
	int fd = socket(address->to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
	if (fd < 0)
		return -1;
	int one = 1, zero = 0;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (AF_INET6 == address->to.any.sa_family)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
	if (!bind(fd, &address->to.any, address->length) && !listen(fd, BACKLOG))
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int openAnywhere(int port)
{
	Address address;
	addressAny(AF_INET6, (uint16_t)port, &address);
	int fd = openAt(&address);
	if (fd >= 0 || EADDRINUSE == errno)
		return fd;
	addressAny(AF_INET, (uint16_t)port, &address);
	return openAt(&address);
}

static uint16_t portOf(int fd)
{
	Address address = { .length = sizeof address.to };
	getsockname(fd, &address.to.any, &address.length);
	return addressPort(&address);
}

enum { varOption, varReadable, varWritable, varError, varCount };

void xs_listener_constructor(xsMachine* the)
{
	char text[ADDRESS_TEXT];
	Address address;
	int port = 0;
	xsmcVars(varCount);
	optionsNeeded(the);
	optionCallbacks(the, varReadable);
	if (option(the, xsID_format, varOption) && strcmp(xsmcToString(xsVar(varOption)), "socket/tcp"))
		xsRangeError("format: \"socket/tcp\"");
	optionInteger(the, xsID_port, varOption, 0, 65535, &port);
	int hasAddress = optionString(the, xsID_address, varOption, text, sizeof text);
	if (hasAddress && !addressParse(text, (uint16_t)port, &address))
		xsRangeError("address: neither IPv4 nor IPv6");
	if (option(the, xsID_target, varOption))
		xsmcSet(xsThis, xsID_target, xsVar(varOption));

	int fd = hasAddress ? openAt(&address) : openAnywhere(port);
	if (fd < 0)
		xsUnknownError("can't listen: %s", strerror(errno));
	Listener* listener = hostAllocate(sizeof *listener);
	if (!listener) {
		close(fd);
		xsUnknownError("no memory");
	}
	listener->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	listener->port = portOf(fd);
	listener->watch.fd = fd;
	listener->watch.ready = listenerReady;
	loopAdd(&listener->watch, EPOLLIN);
	xsmcSetHostData(xsThis, listener);
	xsSetHostHooks(xsThis, &listenerHooks);
	objectBegin(the, &listener->object, varReadable);
}

static void shut(Listener* listener)
{
	loopRemove(&listener->watch);
	close(listener->watch.fd);
	close(listener->spare);
	while (listener->count)
		close(listener->waiting[--listener->count].fd);
	taskDefer(hostFree, listener);
}

void xs_listener_destructor(void* data)
{
	if (data)
		shut(data);
}

void xs_listener_close(xsMachine* the)
{
	Listener* listener = xsmcGetHostDataValidate(xsThis, (void*)&listenerHooks);
	if (!listener)
		return;
	xsmcSetHostData(xsThis, NULL);
	objectEnd(the, &listener->object);
	shut(listener);
}

static Listener* opened(xsMachine* the)
{
	Listener* listener = xsmcGetHostDataValidate(xsThis, (void*)&listenerHooks);
	if (!listener)
		xsUnknownError("closed");
	return listener;
}

/* How many wait: the class makes the socket, by `from`. */
void xs_listener_waiting(xsMachine* the)
{
	xsmcSetInteger(xsResult, opened(the)->count);
}

void xs_listener_get_port(xsMachine* the)
{
	xsmcSetInteger(xsResult, opened(the)->port);
}

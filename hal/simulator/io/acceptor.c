/* hal/xs/io/acceptor.h over a socket that listens. */
#include "../../xs/io/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../../xs/memory.h"
#include "../loop.h"
#include "../station.h"
#include "sockets.h"
#include "stream-parts.h"

/* Connections that wait in the kernel. */
#define BACKLOG 64

typedef struct {
	int fd;
	Address peer;
} Waiting;

struct Acceptor {
	Watch watch;
	void (*came)(void* owner);
	void* owner;
	int spare;
	uint16_t port;
	uint8_t isPaused; /* not watched: all places are taken */
	uint8_t count;
	Waiting waiting[ACCEPTOR_MOST];
};

static void pauseWatch(Acceptor* acceptor, int isPaused)
{
	if (acceptor->isPaused == isPaused)
		return;
	acceptor->isPaused = (uint8_t)isPaused;
	loopChange(&acceptor->watch, isPaused ? 0 : EPOLLIN);
}

/*
 * Out of descriptors the connection would wait and the loop would run in circles: with the one that is kept for this it
 * is accepted and closed.
 */
static void turnAway(Acceptor* acceptor)
{
	close(acceptor->spare);
	int fd = accept4(acceptor->watch.fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		close(fd);
	acceptor->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* One connection a turn: a server of a device seldom has two at once, and the second costs one event more. */
static void acceptorReady(Watch* watch, uint32_t epollEvents)
{
	(void)epollEvents;
	Acceptor* acceptor = (Acceptor*)watch;
	Waiting* waiting = &acceptor->waiting[acceptor->count];
	SocketAddress peer = SOCKET_ADDRESS;
	int fd = accept4(watch->fd, &peer.to.any, &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (EMFILE == errno)
			turnAway(acceptor);
		return;
	}
	if (!networkUp()) {
		/* Nobody can have come. */
		struct linger now = {.l_onoff = 1};
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
		close(fd);
		return;
	}
	addressOfSocket(&peer, &waiting->peer);
	waiting->fd = fd;
	if (++acceptor->count == ACCEPTOR_MOST)
		pauseWatch(acceptor, 1);
	acceptor->came(acceptor->owner);
}

int streamAccept(Stream* stream, Acceptor* acceptor)
{
	if (!acceptor->count)
		return 0;
	Waiting first = acceptor->waiting[0];
	acceptor->count--;
	memmove(acceptor->waiting, acceptor->waiting + 1, acceptor->count * sizeof(Waiting));
	pauseWatch(acceptor, 0);
	streamAttach(stream, first.fd, &first.peer);
	return 1;
}

static int openAt(const SocketAddress* address)
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
	socketGiveUp(fd);
	return -1;
}

static int openAnywhere(uint16_t port)
{
	SocketAddress address;
	socketAddressAny(AF_INET6, port, &address);
	int fd = openAt(&address);
	if (fd >= 0 || EADDRINUSE == errno)
		return fd;
	socketAddressAny(AF_INET, port, &address);
	return openAt(&address);
}

static uint16_t portOf(int fd)
{
	SocketAddress at = SOCKET_ADDRESS;
	Address address;
	getsockname(fd, &at.to.any, &at.length);
	addressOfSocket(&at, &address);
	return address.port;
}

Acceptor* acceptorOpen(
	const Address* address, uint16_t port, void (*came)(void* owner), void* owner, const char** wrong)
{
	SocketAddress at;
	if (address)
		socketAddress(address, &at);
	int fd = address ? openAt(&at) : openAnywhere(port);
	if (fd < 0) {
		*wrong = strerror(errno);
		return NULL;
	}
	Acceptor* acceptor = hostAllocate(sizeof *acceptor);
	if (!acceptor) {
		close(fd);
		*wrong = "no memory";
		return NULL;
	}
	acceptor->came = came;
	acceptor->owner = owner;
	acceptor->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	acceptor->port = portOf(fd);
	acceptor->watch.fd = fd;
	acceptor->watch.ready = acceptorReady;
	loopAdd(&acceptor->watch, EPOLLIN);
	return acceptor;
}

uint16_t acceptorPort(const Acceptor* acceptor)
{
	return acceptor->port;
}

int acceptorWaiting(const Acceptor* acceptor)
{
	return acceptor->count;
}

void acceptorClose(Acceptor* acceptor)
{
	loopRemove(&acceptor->watch);
	close(acceptor->watch.fd);
	close(acceptor->spare);
	while (acceptor->count)
		close(acceptor->waiting[--acceptor->count].fd);
	taskDefer(hostFree, acceptor);
}

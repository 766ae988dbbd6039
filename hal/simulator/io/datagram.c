/* hal/xs/io/datagram.h over a socket. */
#include "../../xs/io/datagram.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../../xs/memory.h"
#include "../loop.h"
#include "../station.h"
#include "sockets.h"

/* The longest packet that UDP has. */
#define PACKET_SIZE 65535

typedef struct Packet Packet;
struct Packet {
	Packet* next;
	Address sender;
	size_t size;
	uint8_t bytes[];
};

/* What isn't read waits here; then the kernel's buffer fills, and then packets are lost. */
struct Datagrams {
	Watch watch;
	const DatagramEvents* events;
	void* owner;
	uint8_t family;
	uint8_t isPaused;
	uint8_t count; /* of those in the queue */
	size_t bytes;  /* of those */
	Packet* first;
	Packet* last;
};

/* The packet of the present event: not copied unless it's left. */
static struct {
	Datagrams* of;
	Address sender;
	size_t size;
	uint8_t bytes[PACKET_SIZE];
} present;

static void pauseWatch(Datagrams* socket, int isPaused)
{
	if (socket->isPaused == isPaused)
		return;
	socket->isPaused = (uint8_t)isPaused;
	loopChange(&socket->watch, isPaused ? 0 : EPOLLIN);
}

static void queue(Datagrams* socket)
{
	if (socket->count && socket->bytes + present.size > DATAGRAMS_BYTES)
		return;
	Packet* packet = hostAllocate(sizeof *packet + present.size);
	if (!packet)
		return;
	socket->bytes += present.size;
	packet->next = NULL;
	packet->sender = present.sender;
	packet->size = present.size;
	memcpy(packet->bytes, present.bytes, present.size);
	if (socket->last)
		socket->last->next = packet;
	else
		socket->first = packet;
	socket->last = packet;
	if (++socket->count == DATAGRAMS_MOST)
		pauseWatch(socket, 1);
}

/* Level triggered, one packet an event: with the edge each packet would cost a second read that finds nothing. */
static void datagramsReady(Watch* watch, uint32_t epollEvents)
{
	(void)epollEvents;
	Datagrams* socket = (Datagrams*)watch;
	SocketAddress sender = SOCKET_ADDRESS;
	ssize_t size = recvfrom(watch->fd, present.bytes, PACKET_SIZE, 0, &sender.to.any, &sender.length);
	if (size < 0) {
		if (EAGAIN != errno && EINTR != errno)
			socket->events->failed(socket->owner, strerror(errno));
		return;
	}
	if (!networkUp())
		return;
	addressOfSocket(&sender, &present.sender);
	present.of = socket;
	present.size = (size_t)size;
	socket->events->came(socket->owner);
	/* Left unread; a close has forgotten it. */
	if (present.of == socket)
		queue(socket);
	present.of = NULL;
}

int datagramsWaiting(const Datagrams* socket)
{
	return socket->count + (present.of == socket);
}

const Address* datagramFirst(const Datagrams* socket, size_t* size)
{
	if (socket->first) {
		*size = socket->first->size;
		return &socket->first->sender;
	}
	*size = present.size;
	return present.of == socket ? &present.sender : NULL;
}

void datagramTake(Datagrams* socket, void* into)
{
	Packet* packet = socket->first;
	if (!packet) {
		memcpy(into, present.bytes, present.size);
		present.of = NULL;
		return;
	}
	memcpy(into, packet->bytes, packet->size);
	socket->first = packet->next;
	if (!socket->first)
		socket->last = NULL;
	socket->count--;
	socket->bytes -= packet->size;
	hostFree(packet);
	pauseWatch(socket, 0);
}

/* ---- Opening ---- */

static int bound(int family, const SocketAddress* address)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	if (fd < 0)
		return -1;
	int zero = 0;
	if (AF_INET6 == family)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
	if (!bind(fd, &address->to.any, address->length))
		return fd;
	socketGiveUp(fd);
	return -1;
}

static int openAnywhere(uint16_t port, int* family)
{
	SocketAddress address;
	socketAddressAny(AF_INET6, port, &address);
	*family = AF_INET6;
	int fd = bound(AF_INET6, &address);
	if (fd >= 0 || EADDRINUSE == errno)
		return fd;
	socketAddressAny(AF_INET, port, &address);
	*family = AF_INET;
	return bound(AF_INET, &address);
}

static int joined(int fd, const SocketAddress* group, int hops)
{
	int one = 1;
	if (AF_INET == group->to.any.sa_family) {
		struct ip_mreq request = { .imr_multiaddr = group->to.v4.sin_addr };
		return !setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request) &&
			!setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof hops) &&
			!setsockopt(fd, IPPROTO_IP, IP_MULTICAST_LOOP, &one, sizeof one);
	}
	struct ipv6_mreq request = {
		.ipv6mr_multiaddr = group->to.v6.sin6_addr,
		.ipv6mr_interface = group->to.v6.sin6_scope_id,
	};
	return !setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &request, sizeof request) &&
		!setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops) &&
		!setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &one, sizeof one);
}

/* Several objects (programs, too) may listen to one group. */
static int openGroup(const SocketAddress* group, uint16_t port, int hops)
{
	int family = group->to.any.sa_family, one = 1;
	SocketAddress any;
	socketAddressAny(family, port, &any);
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (!bind(fd, &any.to.any, any.length) && joined(fd, group, hops))
		return fd;
	socketGiveUp(fd);
	return -1;
}

static int openAs(const DatagramOptions* options, int* family)
{
	SocketAddress at;
	if (!options->group && !options->address)
		return openAnywhere(options->port, family);
	socketAddress(options->group ? options->group : options->address, &at);
	*family = at.to.any.sa_family;
	return options->group ? openGroup(&at, options->port, options->hops) : bound(*family, &at);
}

Datagrams* datagramsOpen(
	const DatagramOptions* options, const DatagramEvents* events, void* owner, const char** wrong)
{
	int family, fd = openAs(options, &family);
	if (fd < 0) {
		*wrong = strerror(errno);
		return NULL;
	}
	Datagrams* socket = hostAllocate(sizeof *socket);
	if (!socket) {
		close(fd);
		*wrong = "no memory";
		return NULL;
	}
	socket->events = events;
	socket->owner = owner;
	socket->family = (uint8_t)family;
	socket->watch.fd = fd;
	socket->watch.ready = datagramsReady;
	loopAdd(&socket->watch, EPOLLIN);
	return socket;
}

int datagramsOnlyV4(const Datagrams* socket)
{
	return AF_INET == socket->family;
}

void datagramsClose(Datagrams* socket)
{
	if (present.of == socket)
		present.of = NULL;
	loopRemove(&socket->watch);
	close(socket->watch.fd);
	while (socket->first) {
		Packet* packet = socket->first;
		socket->first = packet->next;
		hostFree(packet);
	}
	taskDefer(hostFree, socket);
}

DatagramResult datagramSend(Datagrams* socket, const Address* to, const void* bytes, size_t size)
{
	SocketAddress at;
	if (!networkUp())
		return datagramSent; /* lost */
	if (AF_INET6 == socket->family)
		socketAddressV6(to, &at);
	else if (to->isV6)
		return datagramNoRoad;
	else
		socketAddress(to, &at);
	if (sendto(socket->watch.fd, bytes, size, 0, &at.to.any, at.length) >= 0)
		return datagramSent;
	if (EMSGSIZE == errno)
		return datagramTooLong;
	int isNoRoad = ENETUNREACH == errno || EHOSTUNREACH == errno || EADDRNOTAVAIL == errno;
	return isNoRoad ? datagramNoRoad : datagramSent;
}

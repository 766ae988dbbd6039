/*
 * embedded:io/socket/udp: packets of IPv4 and IPv6, sent at once or lost.
 */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../../xs/memory.h"
#include "../loop.h"
#include "../station.h"
#include "address.h"
#include "names.h"
#include "object.h"
#include "resolve.h"

/* The longest packet that UDP has. */
#define PACKET_SIZE 65535
/* Packets that wait because nobody read them; then the kernel's buffer fills, and then they're lost. */
#define WAITING_MOST 8
/* And their bytes; further ones are lost. */
#define WAITING_BYTES 16384

typedef struct Packet Packet;
struct Packet {
	Packet* next;
	Address sender;
	size_t size;
	uint8_t bytes[];
};

typedef struct {
	Object object;
	Watch watch;
	uint8_t family;
	uint8_t isPaused;
	uint8_t count; /* of those in the queue */
	size_t bytes;  /* of those */
	Packet* first;
	Packet* last;
	Names* names; /* from the first write to a name on */
	int error;    /* an EAI_… to tell */
} Udp;

void xs_udp_destructor(void* data);
static const xsHostHooks udpHooks = { xs_udp_destructor, objectMark, NULL };

/* The packet of the present callback: not copied unless it's left. */
static struct {
	Udp* udp;
	Address sender;
	size_t size;
	uint8_t bytes[PACKET_SIZE];
} present;

static Udp* ofWatch(Watch* watch)
{
	return (Udp*)((char*)watch - offsetof(Udp, watch));
}

static void pauseWatch(Udp* udp, int isPaused)
{
	if (udp->isPaused == isPaused)
		return;
	udp->isPaused = (uint8_t)isPaused;
	loopChange(&udp->watch, isPaused ? 0 : EPOLLIN);
}

static void callReadable(xsMachine* the, void* data)
{
	Udp* udp = data;
	hostCallbackInteger(the, &udp->object.self, &udp->object.onReadable, udp->count + 1);
}

static void callError(xsMachine* the, void* data)
{
	Udp* udp = data;
	xsmcVars(2);
	makeError(the, 0, "receiving failed", "system", "later", strerror(errno));
	hostCallback(the, &udp->object.self, &udp->object.onError, 1, &xsVar(0));
}

static void callUnknown(xsMachine* the, void* data)
{
	Udp* udp = data;
	xsmcVars(2);
	makeError(the, 0, "the name has no address", "resolve", "later", gai_strerror(udp->error));
	hostCallback(the, &udp->object.self, &udp->object.onError, 1, &xsVar(0));
}

static void queue(Udp* udp)
{
	if (udp->count && udp->bytes + present.size > WAITING_BYTES)
		return;
	Packet* packet = hostAllocate(sizeof *packet + present.size);
	if (!packet)
		return;
	udp->bytes += present.size;
	packet->next = NULL;
	packet->sender = present.sender;
	packet->size = present.size;
	memcpy(packet->bytes, present.bytes, present.size);
	if (udp->last)
		udp->last->next = packet;
	else
		udp->first = packet;
	udp->last = packet;
	if (++udp->count == WAITING_MOST)
		pauseWatch(udp, 1);
}

/* Level triggered, one packet an event: with the edge each packet would cost a second read that finds nothing. */
static void udpReady(Watch* watch, uint32_t epollEvents)
{
	(void)epollEvents;
	Udp* udp = ofWatch(watch);
	present.sender.length = sizeof present.sender.to;
	ssize_t size = recvfrom(watch->fd, present.bytes, PACKET_SIZE, 0, &present.sender.to.any, &present.sender.length);
	if (size < 0) {
		if (EAGAIN != errno && EINTR != errno)
			hostRun(callError, udp);
		return;
	}
	if (!networkUp())
		return;
	present.udp = udp;
	present.size = (size_t)size;
	hostRun(callReadable, udp);
	/* Left unread; a close() has forgotten it. */
	if (present.udp == udp)
		queue(udp);
	present.udp = NULL;
}

/* ---- Construction ---- */

static int bound(int family, const Address* address)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	if (fd < 0)
		return -1;
	int zero = 0;
	if (AF_INET6 == family)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
	if (!bind(fd, &address->to.any, address->length))
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int openAnywhere(int port, int* family)
{
	Address address;
	addressAny(AF_INET6, (uint16_t)port, &address);
	*family = AF_INET6;
	int fd = bound(AF_INET6, &address);
	if (fd >= 0 || EADDRINUSE == errno)
		return fd;
	addressAny(AF_INET, (uint16_t)port, &address);
	*family = AF_INET;
	return bound(AF_INET, &address);
}

static int joined(int fd, const Address* group, int hops)
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
static int openGroup(const Address* group, int port, int hops)
{
	int family = group->to.any.sa_family, one = 1;
	Address any;
	addressAny(family, (uint16_t)port, &any);
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (!bind(fd, &any.to.any, any.length) && joined(fd, group, hops))
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

enum { varOption, varReadable, varWritable, varError, varCount };

typedef struct {
	int port, hops;
	uint8_t hasAddress, hasGroup;
	Address address, group;
} Options;

static void readOptions(xsMachine* the, Options* options)
{
	char text[ADDRESS_TEXT];
	optionCallbacks(the, varReadable);
	if (option(the, xsID_format, varOption) && strcmp(xsmcToString(xsVar(varOption)), "buffer"))
		xsRangeError("format: \"buffer\"");
	optionInteger(the, xsID_port, varOption, 0, 65535, &options->port);
	options->hasAddress = 0 != optionString(the, xsID_address, varOption, text, sizeof text);
	if (options->hasAddress && !addressParse(text, (uint16_t)options->port, &options->address))
		xsRangeError("address: neither IPv4 nor IPv6");
	options->hasGroup = 0 != optionString(the, xsID_multicast, varOption, text, sizeof text);
	if (!options->hasGroup)
		return;
	if (!addressParse(text, 0, &options->group))
		xsRangeError("multicast: neither IPv4 nor IPv6");
	if (!optionInteger(the, xsID_timeToLive, varOption, 1, 255, &options->hops))
		xsTypeError("timeToLive is needed");
}

void xs_udp_constructor(xsMachine* the)
{
	Options options = { 0 };
	int family, fd;
	xsmcVars(varCount);
	if (xsmcArgc > 0 && xsUndefinedType != xsmcTypeOf(xsArg(0))) {
		optionsNeeded(the);
		readOptions(the, &options);
		if (option(the, xsID_target, varOption))
			xsmcSet(xsThis, xsID_target, xsVar(varOption));
	}
	if (options.hasGroup) {
		family = options.group.to.any.sa_family;
		fd = openGroup(&options.group, options.port, options.hops);
	} else if (options.hasAddress) {
		family = options.address.to.any.sa_family;
		fd = bound(family, &options.address);
	} else
		fd = openAnywhere(options.port, &family);
	if (fd < 0)
		xsUnknownError("can't open: %s", strerror(errno));
	Udp* udp = hostAllocate(sizeof *udp);
	if (!udp) {
		close(fd);
		xsUnknownError("no memory");
	}
	udp->family = (uint8_t)family;
	udp->watch.fd = fd;
	udp->watch.ready = udpReady;
	loopAdd(&udp->watch, EPOLLIN);
	xsmcSetHostData(xsThis, udp);
	xsSetHostHooks(xsThis, &udpHooks);
	objectBegin(the, &udp->object, varReadable);
}

/* ---- Methods ---- */

static void shut(Udp* udp)
{
	if (udp->names)
		namesClose(udp->names);
	udp->names = NULL;
	if (present.udp == udp)
		present.udp = NULL;
	loopRemove(&udp->watch);
	close(udp->watch.fd);
	while (udp->first) {
		Packet* packet = udp->first;
		udp->first = packet->next;
		hostFree(packet);
	}
	taskDefer(hostFree, udp);
}

void xs_udp_destructor(void* data)
{
	if (data)
		shut(data);
}

void xs_udp_close(xsMachine* the)
{
	Udp* udp = xsmcGetHostDataValidate(xsThis, (void*)&udpHooks);
	if (!udp)
		return;
	xsmcSetHostData(xsThis, NULL);
	objectEnd(the, &udp->object);
	shut(udp);
}

static Udp* opened(xsMachine* the)
{
	Udp* udp = xsmcGetHostDataValidate(xsThis, (void*)&udpHooks);
	if (!udp)
		xsUnknownError("closed");
	return udp;
}

static void packetResult(xsMachine* the, const uint8_t* bytes, size_t size, const Address* sender)
{
	char text[ADDRESS_TEXT];
	xsmcVars(1);
	xsmcSetArrayBuffer(xsResult, (void*)bytes, (xsIntegerValue)size);
	addressText(sender, text);
	xsmcSetString(xsVar(0), text);
	xsmcDefine(xsResult, xsID_address, xsVar(0), xsDefault);
	xsmcSetInteger(xsVar(0), addressPort(sender));
	xsmcDefine(xsResult, xsID_port, xsVar(0), xsDefault);
}

void xs_udp_read(xsMachine* the)
{
	Udp* udp = opened(the);
	Packet* packet = udp->first;
	if (packet) {
		/* Out of memory ends the machine, so the packet can't be lost between here and hostFree(). */
		packetResult(the, packet->bytes, packet->size, &packet->sender);
		udp->first = packet->next;
		if (!udp->first)
			udp->last = NULL;
		udp->count--;
		udp->bytes -= packet->size;
		hostFree(packet);
		pauseWatch(udp, 0);
	} else if (present.udp == udp) {
		present.udp = NULL;
		packetResult(the, present.bytes, present.size, &present.sender);
	}
}

/* 0 when there's no road to that address from here; a packet that is too long: -1. */
static int sendPacket(Udp* udp, const Address* to, const void* bytes, size_t size)
{
	Address address = *to;
	if (!networkUp())
		return 1; /* lost */
	if (AF_INET6 == udp->family)
		addressMap(&address);
	else if (AF_INET6 == address.to.any.sa_family)
		return 0;
	if (sendto(udp->watch.fd, bytes, size, 0, &address.to.any, address.length) >= 0)
		return 1;
	if (EMSGSIZE == errno)
		return -1;
	return ENETUNREACH != errno && EHOSTUNREACH != errno && EADDRNOTAVAIL != errno;
}

static int sendNamed(void* owner, const Address* address, const void* bytes, size_t size)
{
	return sendPacket(owner, address, bytes, size);
}

static void nameFailed(void* owner, int error)
{
	Udp* udp = owner;
	udp->error = error;
	hostRun(callUnknown, udp);
}

static void writeToName(xsMachine* the, Udp* udp, const char* name, uint16_t port)
{
	static const NamesEvents events = { sendNamed, nameFailed };
	void* bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	if (!udp->names && !(udp->names = namesNew(&events, udp)))
		xsUnknownError("no memory");
	if (!namesSend(udp->names, name, port, bytes, size))
		xsUnknownError("too many names at once");
}

void xs_udp_write(xsMachine* the)
{
	Udp* udp = opened(the);
	if (xsmcArgc < 3)
		xsTypeError("write: buffer, address and port are needed");
	xsType type = xsmcTypeOf(xsArg(1));
	if (xsStringType != type && xsStringXType != type)
		xsTypeError("address: a string is needed");
	uint16_t port = (uint16_t)integerOf(the, &xsArg(2), 1, 65535);
	char text[RESOLVE_NAME];
	const char* string = xsmcToString(xsArg(1));
	size_t length = strlen(string);
	if (!length || length >= sizeof text)
		xsRangeError("address: empty or too long");
	memcpy(text, string, length + 1);
	Address address;
	if (!addressParse(text, port, &address)) {
		writeToName(the, udp, text, port);
		return;
	}
	if (AF_INET == udp->family && AF_INET6 == address.to.any.sa_family)
		xsRangeError("address: this socket is IPv4's");
	void* bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	/* No road, no room in the kernel: the packet is lost, as on any other stretch of its way. */
	if (sendPacket(udp, &address, bytes, size) < 0)
		xsRangeError("the packet is too long");
}

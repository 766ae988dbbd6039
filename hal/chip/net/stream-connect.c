/* A stream's beginning: names, addresses, connecting. While the device's address comes, it waits. */
#include "net-parts.h"
#include "stream-parts.h"

static void stopWaiting(Stream* stream)
{
	if (stream->isWaiting)
		netUnwatch(&stream->watch);
	stream->isWaiting = 0;
}

static void stopResolving(Stream* stream)
{
	if (stream->resolve)
		resolveDrop(stream->resolve);
	stream->resolve = NULL;
}

void streamStopConnecting(Stream* stream)
{
	stopWaiting(stream);
	stopResolving(stream);
}

static err_t onConnected(void* data, struct tcp_pcb* pcb, err_t error)
{
	Stream* stream = data;
	stopResolving(stream);
	streamOpened(stream);
	return ERR_OK;
}

static err_t connectTo(Stream* stream, const Address* address)
{
	ip_addr_t to;
	struct tcp_pcb* pcb = tcp_new_ip_type(address->isV6 ? IPADDR_TYPE_V6 : IPADDR_TYPE_V4);
	if (!pcb)
		return ERR_MEM;
	netToLwip(address, &to);
	streamListen(stream, pcb);
	err_t error = tcp_connect(pcb, &to, address->port, onConnected);
	if (!error) {
		streamLimit(pcb);
		stream->owed = (size_t)(TCP_WND - pcb->rcv_wnd);
		return ERR_OK;
	}
	tcp_err(pcb, NULL);
	tcp_abort(pcb);
	stream->pcb = NULL;
	return error;
}

/* The next address to try, NULL when there's none left: the resolver's, or the one that was given. */
static const Address* nextAddress(Stream* stream)
{
	int count = stream->resolve ? stream->resolve->count : 1;
	if (stream->tried >= count)
		return NULL;
	int index = stream->tried++;
	return stream->resolve ? &stream->resolve->found[index] : &stream->peer;
}

static StreamEnd endOf(err_t error)
{
	switch (error) {
	case ERR_RST:
		return endRefused;
	case ERR_ABRT:
		return netGaveUp() ? endTimeout : endUnreachable;
	case ERR_RTE:
	case ERR_IF:
		return endUnreachable;
	default:
		return endSystem;
	}
}

/* Begin with the next address that lets us; the last one's error is the stream's. */
static void connectNext(Stream* stream, err_t error)
{
	for (const Address* address; (address = nextAddress(stream));) {
		stream->peer = *address;
		stream->state = streamConnecting;
		error = connectTo(stream, address);
		if (!error)
			return;
	}
	streamFail(stream, endOf(error), netWord(error));
}

void streamRefused(Stream* stream, err_t error)
{
	connectNext(stream, error);
}

static void netChanged(Task* task)
{
	Stream* stream = (Stream*)((char*)task - offsetof(Stream, watch.task));
	if (netIsComing())
		return;
	stopWaiting(stream);
	connectNext(stream, ERR_RTE);
}

/* This device's own addresses need no network. */
static int isLoopback(const Address* address)
{
	if (!address->isV6)
		return 127 == address->bytes[0];
	for (int i = 0; i < 15; i++)
		if (address->bytes[i])
			return 0;
	return 1 == address->bytes[15];
}

static void resolved(Resolve* resolve)
{
	Stream* stream = resolve->owner;
	if (resolve->error)
		streamFail(stream, endResolve, resolve->error);
	else
		connectNext(stream, ERR_RTE);
}

void streamResolve(Stream* stream, const char* name, uint16_t port)
{
	stream->state = streamResolving;
	stream->resolve = resolveStart(name, port, resolved, stream);
	if (!stream->resolve)
		streamFail(stream, endSystem, "no memory");
}

void streamConnect(Stream* stream, const Address* address)
{
	stream->peer = *address;
	stream->state = streamConnecting;
	if (isLoopback(address) || !netIsComing()) {
		connectNext(stream, ERR_RTE);
		return;
	}
	stream->isWaiting = 1;
	stream->watch.task.run = netChanged;
	netWatch(&stream->watch);
}

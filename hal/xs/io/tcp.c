/*
 * embedded:io/socket/tcp: the face of stream.h.
 */
#include <string.h>

#include "../memory.h"
#include "../tasks.h"
#include "listener.h"
#include "object.h"
#include "resolve.h"
#include "stream.h"

typedef struct {
	Object object;
	Stream* stream;
	StreamEnd end;
	const char* detail; /* while that is told */
} Tcp;

void xs_tcp_destructor(void* data);
static const xsHostHooks tcpHooks = { xs_tcp_destructor, objectMark, NULL };

/* ---- Callbacks ---- */

static void callReadable(xsMachine* the, void* data)
{
	Tcp* tcp = data;
	size_t bytes = streamReadable(tcp->stream);
	hostCallbackInteger(the, &tcp->object.self, &tcp->object.onReadable, (xsIntegerValue)bytes);
}

static void callWritable(xsMachine* the, void* data)
{
	Tcp* tcp = data;
	size_t bytes = streamRoom(tcp->stream);
	hostCallbackInteger(the, &tcp->object.self, &tcp->object.onWritable, (xsIntegerValue)bytes);
}

static const char* codeOf(StreamEnd end)
{
	switch (end) {
	case endRefused:
		return "refused";
	case endUnreachable:
		return "unreachable";
	case endTimeout:
		return "timeout";
	case endReset:
		return "reset";
	default:
		return "system";
	}
}

static void callError(xsMachine* the, void* data)
{
	Tcp* tcp = data;
	xsmcVars(2);
	if (endClosed == tcp->end)
		makeError(the, 0, "the peer closed the connection", "closed", "now", "");
	else if (endResolve == tcp->end)
		makeError(the, 0, "the name has no address", "resolve", "later", tcp->detail);
	else
		makeError(the, 0, "the connection failed", codeOf(tcp->end), "later", tcp->detail);
	hostCallback(the, &tcp->object.self, &tcp->object.onError, 1, &xsVar(0));
}

static int isCallable(const xsSlot* callback)
{
	return fxToReference(hostMachine(), (xsSlot*)callback) != NULL;
}

static void onReadable(Stream* stream, void* owner, size_t bytes)
{
	Tcp* tcp = owner;
	if (isCallable(&tcp->object.onReadable))
		hostRun(callReadable, tcp);
}

static void onWritable(Stream* stream, void* owner, size_t bytes)
{
	Tcp* tcp = owner;
	if (isCallable(&tcp->object.onWritable))
		hostRun(callWritable, tcp);
}

static void onEnded(Stream* stream, void* owner, StreamEnd end, const char* detail)
{
	Tcp* tcp = owner;
	if (!isCallable(&tcp->object.onError))
		return;
	tcp->end = end;
	tcp->detail = detail;
	hostRun(callError, tcp);
}

static const StreamEvents events = { onReadable, onWritable, onEnded };

/* ---- Construction ---- */

/* Variables of the constructor's frame. */
enum { varOption, varReadable, varWritable, varError, varCount };

static Tcp* begin(xsMachine* the, Format format)
{
	Tcp* tcp = hostAllocate(sizeof *tcp);
	if (!tcp)
		xsUnknownError("no memory");
	tcp->object.format = (uint8_t)format;
	return tcp;
}

static void ready(xsMachine* the, Tcp* tcp)
{
	xsmcSetHostData(xsThis, tcp);
	xsSetHostHooks(xsThis, &tcpHooks);
	objectBegin(the, &tcp->object, varReadable);
}

/* A stream for `tcp`; without memory the error is thrown and nothing is left. */
static void makeStream(xsMachine* the, Tcp* tcp)
{
	tcp->stream = streamNew(&events, tcp);
	if (!tcp->stream) {
		hostFree(tcp);
		xsUnknownError("no memory");
	}
}

static void fromListener(xsMachine* the, Acceptor* acceptor, Format format, int nodelay)
{
	if (!acceptor || !acceptorWaiting(acceptor))
		xsUnknownError("from: no connection waits");
	Tcp* tcp = begin(the, format);
	makeStream(the, tcp);
	streamAccept(tcp->stream, acceptor);
	if (nodelay)
		streamNodelay(tcp->stream);
	ready(the, tcp);
}

static void fromSocket(xsMachine* the, Tcp* other, Format format, int nodelay)
{
	Tcp* tcp = begin(the, format);
	tcp->stream = other->stream;
	xsmcSetHostData(xsVar(varOption), NULL);
	objectEnd(the, &other->object);
	/* It may be one of its callbacks that hands it over. */
	taskDefer(hostFree, other);
	streamHandOver(tcp->stream, tcp);
	if (nodelay)
		streamNodelay(tcp->stream);
	ready(the, tcp);
}

static void fromOther(xsMachine* the, Format format, int nodelay)
{
	if (xsReferenceType != xsmcTypeOf(xsVar(varOption)))
		xsTypeError("from: no socket");
	/* Throws for an object that isn't the host's. */
	if (xsGetHostHooks(xsVar(varOption)) == &listenerHooks) {
		fromListener(the, listenerAcceptor(xsmcGetHostData(xsVar(varOption))), format, nodelay);
		return;
	}
	Tcp* other = xsmcGetHostDataValidate(xsVar(varOption), (void*)&tcpHooks);
	if (!other)
		xsUnknownError("from: closed");
	fromSocket(the, other, format, nodelay);
}

static void connectTo(xsMachine* the, Format format, int nodelay)
{
	char host[RESOLVE_NAME], text[ADDRESS_TEXT];
	int port;
	Address address;
	int hasHost = optionString(the, xsID_host, varOption, host, sizeof host);
	int hasAddress = optionString(the, xsID_address, varOption, text, sizeof text);
	if (!optionInteger(the, xsID_port, varOption, 1, 65535, &port))
		xsTypeError("port is needed");
	if (hasAddress && !addressParse(text, (uint16_t)port, &address))
		xsRangeError("address: neither IPv4 nor IPv6");
	if (!hasAddress && !hasHost)
		xsTypeError("host or address is needed");
	if (!hasAddress)
		hasAddress = addressParse(host, (uint16_t)port, &address);
	Tcp* tcp = begin(the, format);
	makeStream(the, tcp);
	if (nodelay)
		streamNodelay(tcp->stream);
	if (hasAddress)
		streamConnect(tcp->stream, &address);
	else
		streamResolve(tcp->stream, host, (uint16_t)port);
	ready(the, tcp);
}

void xs_tcp_constructor(xsMachine* the)
{
	xsmcVars(varCount);
	optionsNeeded(the);
	optionCallbacks(the, varReadable);
	Format format = option(the, xsID_format, varOption) ? formatOf(the, &xsVar(varOption)) : formatBuffer;
	int nodelay = option(the, xsID_nodelay, varOption) && xsmcTest(xsVar(varOption));
	if (option(the, xsID_target, varOption))
		xsmcSet(xsThis, xsID_target, xsVar(varOption));
	if (option(the, xsID_from, varOption))
		fromOther(the, format, nodelay);
	else
		connectTo(the, format, nodelay);
}

/* ---- Methods ---- */

static Tcp* opened(xsMachine* the)
{
	Tcp* tcp = xsmcGetHostDataValidate(xsThis, (void*)&tcpHooks);
	if (!tcp)
		xsUnknownError("closed");
	return tcp;
}

void xs_tcp_destructor(void* data)
{
	Tcp* tcp = data;
	if (!tcp)
		return;
	streamClose(tcp->stream);
	hostFree(tcp);
}

void xs_tcp_close(xsMachine* the)
{
	Tcp* tcp = xsmcGetHostDataValidate(xsThis, (void*)&tcpHooks);
	if (!tcp)
		return;
	xsmcSetHostData(xsThis, NULL);
	objectEnd(the, &tcp->object);
	streamClose(tcp->stream);
	/* One of its callbacks may be what closes it. */
	taskDefer(hostFree, tcp);
}

static void take(void* stream, void* into, size_t bytes)
{
	streamTake(stream, into, bytes);
}

void xs_tcp_read(xsMachine* the)
{
	Tcp* tcp = opened(the);
	readResult(the, tcp->object.format, streamReadable(tcp->stream), take, tcp->stream);
}

void xs_tcp_write(xsMachine* the)
{
	Tcp* tcp = opened(the);
	Stream* stream = tcp->stream;
	uint8_t byte;
	size_t size;
	const void* bytes = writeArgument(the, tcp->object.format, &byte, &size);
	if (streamIsConnecting(stream))
		xsUnknownError("not connected");
	if (!streamWrite(stream, bytes, size))
		xsUnknownError("doesn't fit");
	xsmcSetInteger(xsResult, (xsIntegerValue)streamRoom(stream));
}

void xs_tcp_get_remoteAddress(xsMachine* the)
{
	const Address* peer = streamPeer(opened(the)->stream);
	char text[ADDRESS_TEXT];
	if (!peer)
		return;
	addressText(peer, text);
	xsmcSetString(xsResult, text);
}

void xs_tcp_get_remotePort(xsMachine* the)
{
	const Address* peer = streamPeer(opened(the)->stream);
	if (peer)
		xsmcSetInteger(xsResult, peer->port);
}

void xs_tcp_get_format(xsMachine* the)
{
	xsmcSetString(xsResult, formatNumber == opened(the)->object.format ? "number" : "buffer");
}

void xs_tcp_set_format(xsMachine* the)
{
	Tcp* tcp = opened(the);
	tcp->object.format = (uint8_t)formatOf(the, &xsArg(0));
}

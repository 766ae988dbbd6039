/*
 * embedded:io/socket/udp: the face of datagram.h.
 */
#include <string.h>

#include "../memory.h"
#include "../tasks.h"
#include "datagram.h"
#include "names.h"
#include "object.h"
#include "resolve.h"

typedef struct {
	Object object;
	Datagrams* socket;
	Names* names;       /* from the first write to a name on */
	const char* detail; /* while an error is told */
} Udp;

void xs_udp_destructor(void* data);
static const xsHostHooks udpHooks = { xs_udp_destructor, objectMark, NULL };

static void callReadable(xsMachine* the, void* data)
{
	Udp* udp = data;
	hostCallbackInteger(the, &udp->object.self, &udp->object.onReadable, datagramsWaiting(udp->socket));
}

static void callError(xsMachine* the, void* data)
{
	Udp* udp = data;
	xsmcVars(2);
	makeError(the, 0, "receiving failed", "system", "later", udp->detail);
	hostCallback(the, &udp->object.self, &udp->object.onError, 1, &xsVar(0));
}

static void callUnknown(xsMachine* the, void* data)
{
	Udp* udp = data;
	xsmcVars(2);
	makeError(the, 0, "the name has no address", "resolve", "later", udp->detail);
	hostCallback(the, &udp->object.self, &udp->object.onError, 1, &xsVar(0));
}

static void came(void* udp)
{
	hostRun(callReadable, udp);
}

static void failed(void* owner, const char* detail)
{
	Udp* udp = owner;
	udp->detail = detail;
	hostRun(callError, udp);
}

static const DatagramEvents events = { came, failed };

/* ---- Construction ---- */

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
	const char* wrong;
	xsmcVars(varCount);
	if (xsmcArgc > 0 && xsUndefinedType != xsmcTypeOf(xsArg(0))) {
		optionsNeeded(the);
		readOptions(the, &options);
		if (option(the, xsID_target, varOption))
			xsmcSet(xsThis, xsID_target, xsVar(varOption));
	}
	Udp* udp = hostAllocate(sizeof *udp);
	if (!udp)
		xsUnknownError("no memory");
	const DatagramOptions how = {
		.port = (uint16_t)options.port,
		.address = options.hasAddress ? &options.address : NULL,
		.group = options.hasGroup ? &options.group : NULL,
		.hops = (uint8_t)options.hops,
	};
	udp->socket = datagramsOpen(&how, &events, udp, &wrong);
	if (!udp->socket) {
		hostFree(udp);
		xsUnknownError("can't open: %s", wrong);
	}
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
	datagramsClose(udp->socket);
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

void xs_udp_read(xsMachine* the)
{
	Udp* udp = opened(the);
	size_t size;
	const Address* sender = datagramFirst(udp->socket, &size);
	if (!sender)
		return;
	char text[ADDRESS_TEXT];
	uint16_t port = sender->port;
	addressText(sender, text);
	xsmcVars(1);
	/* Out of memory ends the machine, so the packet can't be lost between here and the result. */
	datagramTake(udp->socket, bufferResult(the, size));
	xsmcSetString(xsVar(0), text);
	xsmcDefine(xsResult, xsID_address, xsVar(0), xsDefault);
	xsmcSetInteger(xsVar(0), port);
	xsmcDefine(xsResult, xsID_port, xsVar(0), xsDefault);
}

static int sendNamed(void* owner, const Address* address, const void* bytes, size_t size)
{
	return datagramNoRoad != datagramSend(((Udp*)owner)->socket, address, bytes, size);
}

static void nameFailed(void* owner, const char* detail)
{
	Udp* udp = owner;
	udp->detail = detail;
	hostRun(callUnknown, udp);
}

static void writeToName(xsMachine* the, Udp* udp, const char* name, uint16_t port)
{
	static const NamesEvents ofNames = { sendNamed, nameFailed };
	void* bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	if (!udp->names && !(udp->names = namesNew(&ofNames, udp)))
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
	if (address.isV6 && datagramsOnlyV4(udp->socket))
		xsRangeError("address: this socket is IPv4's");
	void* bytes;
	xsUnsignedValue size;
	xsmcGetBufferReadable(xsArg(0), &bytes, &size);
	/* No road, no room below: the packet is lost, as on any other stretch of its way. */
	if (datagramTooLong == datagramSend(udp->socket, &address, bytes, size))
		xsRangeError("the packet is too long");
}

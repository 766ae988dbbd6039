/*
 * embedded:io/socket/listener: the face of acceptor.h.
 */
#include <string.h>

#include "../memory.h"
#include "../tasks.h"
#include "listener.h"

typedef struct {
	Object object;
	Acceptor* acceptor;
} Listener;

void xs_listener_destructor(void* data);
const xsHostHooks listenerHooks = { xs_listener_destructor, objectMark, NULL };

Acceptor* listenerAcceptor(void* data)
{
	Listener* listener = data;
	return listener ? listener->acceptor : NULL;
}

static void callReadable(xsMachine* the, void* data)
{
	Listener* listener = data;
	xsIntegerValue count = acceptorWaiting(listener->acceptor);
	hostCallbackInteger(the, &listener->object.self, &listener->object.onReadable, count);
}

static void came(void* listener)
{
	hostRun(callReadable, listener);
}

enum { varOption, varReadable, varWritable, varError, varCount };

void xs_listener_constructor(xsMachine* the)
{
	char text[ADDRESS_TEXT];
	const char* wrong;
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

	Listener* listener = hostAllocate(sizeof *listener);
	if (!listener)
		xsUnknownError("no memory");
	listener->acceptor = acceptorOpen(hasAddress ? &address : NULL, (uint16_t)port, came, listener, &wrong);
	if (!listener->acceptor) {
		hostFree(listener);
		xsUnknownError("can't listen: %s", wrong);
	}
	xsmcSetHostData(xsThis, listener);
	xsSetHostHooks(xsThis, &listenerHooks);
	objectBegin(the, &listener->object, varReadable);
}

static void shut(Listener* listener)
{
	acceptorClose(listener->acceptor);
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
	xsmcSetInteger(xsResult, acceptorWaiting(opened(the)->acceptor));
}

void xs_listener_get_port(xsMachine* the)
{
	xsmcSetInteger(xsResult, acceptorPort(opened(the)->acceptor));
}

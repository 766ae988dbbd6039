/*
 * embedded:network/interface/ethernet: the face of net.h. All objects look at one cable.
 */
#include <stdio.h>

#include "../../xs/host.h"
#include "../../xs/tasks.h"
#include "../net/net.h"

typedef struct {
	NetWatch watch; /* first */
	xsSlot self, onChanged;
	uint16_t connection; /* what was told last */
	Address address;
	uint8_t isHeld;
} Ethernet;

void xs_ethernet_destructor(void* data);

static void mark(xsMachine* the, void* data, xsMarkRoot markRoot)
{
	Ethernet* ethernet = data;
	xsSlot* reference = fxToReference(the, &ethernet->onChanged);
	if (reference)
		(*markRoot)(the, reference);
}

static const xsHostHooks hooks = { xs_ethernet_destructor, mark, NULL };

static void look(Ethernet* ethernet)
{
	ethernet->connection = (uint16_t)netConnection();
	if (!netAddress(&ethernet->address))
		ethernet->address = (Address){0};
}

static void call(xsMachine* the, Ethernet* ethernet, const char* property)
{
	xsmcSetString(xsVar(0), (char*)property);
	hostCallback(the, &ethernet->self, &ethernet->onChanged, 1, &xsVar(0));
}

static int isSame(const Address* a, const Address* b)
{
	char first[ADDRESS_TEXT], second[ADDRESS_TEXT];
	addressText(a, first);
	addressText(b, second);
	for (int i = 0; first[i] == second[i]; i++)
		if (!first[i])
			return 1;
	return 0;
}

/* It may be closed by the first call. */
static void report(xsMachine* the, void* data)
{
	Ethernet* ethernet = data;
	Ethernet before = *ethernet;
	xsmcVars(1);
	look(ethernet);
	if (before.connection != ethernet->connection)
		call(the, ethernet, "connection");
	if (ethernet->isHeld && !isSame(&before.address, &ethernet->address))
		call(the, ethernet, "address");
}

static void changed(Task* task)
{
	Ethernet* ethernet = (Ethernet*)((char*)task - offsetof(Ethernet, watch.task));
	hostRun(report, ethernet);
}

void xs_ethernet_constructor(xsMachine* the)
{
	xsmcVars(1);
	if (xsmcArgc < 1 || xsReferenceType != xsmcTypeOf(xsArg(0)))
		xsTypeError("options: an object is needed");
	xsmcGet(xsVar(0), xsArg(0), xsID_onChanged);
	xsType type = xsmcTypeOf(xsVar(0));
	if (xsUndefinedType != type && !xsmcIsCallable(xsVar(0)))
		xsTypeError("options: a callback is no function");
	Ethernet* ethernet = hostAllocate(sizeof *ethernet);
	if (!ethernet)
		xsUnknownError("no memory");
	ethernet->watch.task.run = changed;
	ethernet->self = xsThis;
	ethernet->onChanged = xsVar(0);
	ethernet->isHeld = 1;
	look(ethernet);
	netWatch(&ethernet->watch);
	xsmcSetHostData(xsThis, ethernet);
	xsSetHostHooks(xsThis, &hooks);
	xsRemember(ethernet->self);
}

void xs_ethernet_destructor(void* data)
{
	Ethernet* ethernet = data;
	if (!ethernet)
		return;
	netUnwatch(&ethernet->watch);
	taskDefer(hostFree, ethernet);
}

void xs_ethernet_close(xsMachine* the)
{
	Ethernet* ethernet = xsmcGetHostDataValidate(xsThis, (void*)&hooks);
	if (!ethernet)
		return;
	xsmcSetHostData(xsThis, NULL);
	ethernet->isHeld = 0;
	xsForget(ethernet->self);
	xs_ethernet_destructor(ethernet);
}

static Ethernet* opened(xsMachine* the)
{
	Ethernet* ethernet = xsmcGetHostDataValidate(xsThis, (void*)&hooks);
	if (!ethernet)
		xsUnknownError("closed");
	return ethernet;
}

/* What one does oneself one isn't told of. */
void xs_ethernet_connect(xsMachine* the)
{
	Ethernet* ethernet = opened(the);
	netConnect();
	look(ethernet);
}

void xs_ethernet_disconnect(xsMachine* the)
{
	Ethernet* ethernet = opened(the);
	netDisconnect();
	look(ethernet);
	taskCancel(&ethernet->watch.task);
}

void xs_ethernet_get_connection(xsMachine* the)
{
	opened(the);
	xsmcSetInteger(xsResult, netConnection());
}

void xs_ethernet_get_address(xsMachine* the)
{
	Address address;
	char text[ADDRESS_TEXT];
	opened(the);
	if (!netAddress(&address))
		return;
	addressText(&address, text);
	xsmcSetString(xsResult, text);
}

void xs_ethernet_get_MAC(xsMachine* the)
{
	char text[18];
	const uint8_t* mac = netMac();
	opened(the);
	snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	xsmcSetString(xsResult, text);
}

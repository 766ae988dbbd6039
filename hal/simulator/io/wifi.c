/*
 * embedded:network/interface/wifi: the face of station.c.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../mbedtls/key.h"
#include "../../xs/host.h"
#include "../../xs/memory.h"
#include "../../xs/port.h"
#include "../loop.h"
#include "../station.h"
#include "../../xs/io/object.h"

typedef struct {
	StationWatch watch; /* first */
	xsSlot self, onChanged, onFound, onComplete;
	uint8_t isScanning, isClosed;
	const AccessPoint* found; /* the one that is being told */
} WiFi;

void xs_wifi_destructor(void* data);

static void mark(xsMachine* the, void* data, xsMarkRoot markRoot)
{
	WiFi* wifi = data;
	xsSlot* callbacks[] = {&wifi->onChanged, &wifi->onFound, &wifi->onComplete};
	for (int i = 0; i < 3; i++) {
		xsSlot* reference = fxToReference(the, callbacks[i]);
		if (reference)
			(*markRoot)(the, reference);
	}
}

static const xsHostHooks hooks = {xs_wifi_destructor, mark, NULL};

static WiFi* opened(xsMachine* the)
{
	WiFi* wifi = xsmcGetHostDataValidate(xsThis, (void*)&hooks);
	if (!wifi)
		xsUnknownError("closed");
	return wifi;
}

/* ---- Callbacks ---- */

static void callChanged(xsMachine* the, WiFi* wifi, const char* property)
{
	xsmcSetString(xsVar(0), (char*)property);
	hostCallback(the, &wifi->self, &wifi->onChanged, 1, &xsVar(0));
}

static void connectionChanged(xsMachine* the, void* data)
{
	xsmcVars(1);
	callChanged(the, data, "connection");
}

static void addressChanged(xsMachine* the, void* data)
{
	xsmcVars(1);
	callChanged(the, data, "address");
}

static void changed(Task* task)
{
	WiFi* wifi = (WiFi*)((char*)task - offsetof(WiFi, watch.task));
	int hasAddress = wifi->watch.hasAddress;
	wifi->watch.hasAddress = 0;
	hostRun(connectionChanged, wifi);
	if (hasAddress && !wifi->isClosed)
		hostRun(addressChanged, wifi);
}

/* IEEE 802's locally administered addresses. */
static void bssidOf(const AccessPoint* it, char text[18])
{
	snprintf(text, 18, "02:4c:58:53:00:%02x", stationIndex(it));
}

static void setString(xsMachine* the, xsIdentifier id, const char* text)
{
	xsmcSetString(xsVar(1), (char*)text);
	xsmcSet(xsVar(0), id, xsVar(1));
}

static void setInteger(xsMachine* the, xsIdentifier id, int value)
{
	xsmcSetInteger(xsVar(1), value);
	xsmcSet(xsVar(0), id, xsVar(1));
}

static void callFound(xsMachine* the, void* data)
{
	WiFi* wifi = data;
	char bssid[18];
	bssidOf(wifi->found, bssid);
	xsmcVars(2);
	xsmcSetNewObject(xsVar(0));
	setString(the, xsID_SSID, wifi->found->ssid);
	setString(the, xsID_BSSID, bssid);
	setInteger(the, xsID_RSSI, wifi->found->rssi);
	setInteger(the, xsID_channel, wifi->found->channel);
	setString(the, xsID_security, wifi->found->key[0] ? "wpa2_psk" : "none");
	hostCallback(the, &wifi->self, &wifi->onFound, 1, &xsVar(0));
}

static void callComplete(xsMachine* the, void* data)
{
	WiFi* wifi = data;
	hostCallback(the, &wifi->self, &wifi->onComplete, 0);
}

static void scanDone(void* owner)
{
	WiFi* wifi = owner;
	wifi->isScanning = 0;
	for (int at = 0; !wifi->isClosed && (wifi->found = stationSeen(&at));)
		hostRun(callFound, wifi);
	if (!wifi->isClosed)
		hostRun(callComplete, wifi);
}

/* ---- Life ---- */

/* Options are in xsArg(0); undefined when it isn't there. */
static int callback(xsMachine* the, xsIdentifier id, xsSlot* into)
{
	if (!option(the, id, 0)) {
		*into = xsUndefined;
		return 0;
	}
	if (!xsmcIsCallable(xsVar(0)))
		xsTypeError("options: a callback is no function");
	*into = xsVar(0);
	return 1;
}

void xs_wifi_constructor(xsMachine* the)
{
	xsSlot onChanged;
	xsmcVars(1);
	optionsNeeded(the);
	callback(the, xsID_onChanged, &onChanged);
	if (!stationFitted())
		xsUnknownError("no radio");
	WiFi* wifi = hostAllocate(sizeof(*wifi));
	if (!wifi)
		xsUnknownError("no memory");
	wifi->self = xsThis;
	wifi->onChanged = onChanged;
	wifi->onFound = xsUndefined;
	wifi->onComplete = xsUndefined;
	wifi->watch.task.run = changed;
	xsmcSetHostData(xsThis, wifi);
	xsSetHostHooks(xsThis, (xsHostHooks*)&hooks);
	xsRemember(wifi->self);
	stationWatch(&wifi->watch);
}

static void shut(WiFi* wifi)
{
	wifi->isClosed = 1;
	stationUnwatch(&wifi->watch);
	if (wifi->isScanning)
		stationScanStop();
	taskDefer(hostFree, wifi);
}

void xs_wifi_destructor(void* data)
{
	if (data)
		shut(data);
}

void xs_wifi_close(xsMachine* the)
{
	WiFi* wifi = xsmcGetHostDataValidate(xsThis, (void*)&hooks);
	if (!wifi)
		return;
	xsmcSetHostData(xsThis, NULL);
	xsForget(wifi->self);
	shut(wifi);
}

/* ---- Methods ---- */

/* A key's bytes, or a string's, to `into`. */
static void password(xsMachine* the, char into[keyMost + 1])
{
	const void* bytes;
	size_t length;
	if (xsReferenceType == xsmcTypeOf(xsVar(0))) {
		const Key* key = keyOf(the, &xsVar(0));
		bytes = key->bytes;
		length = key->length;
	} else {
		bytes = xsmcToString(xsVar(0));
		length = strlen(bytes);
	}
	if (length < keyLeast || length > keyMost || memchr(bytes, 0, length))
		xsRangeError("password: %d to %d bytes are needed", keyLeast, keyMost);
	memcpy(into, bytes, length);
	into[length] = 0;
}

void xs_wifi_connect(xsMachine* the)
{
	char ssid[ssidMost + 1], key[keyMost + 1] = "";
	WiFi* wifi = opened(the);
	xsmcVars(1);
	optionsNeeded(the);
	if (!optionString(the, xsID_SSID, 0, ssid, sizeof(ssid)))
		xsTypeError("SSID is needed");
	if (option(the, xsID_password, 0))
		password(the, key);
	int isNew = stationConnect(ssid, key, &wifi->watch);
	wipe(key, sizeof(key));
	if (!isNew)
		xsUnknownError("already connecting");
}

void xs_wifi_disconnect(xsMachine* the)
{
	stationDisconnect(&opened(the)->watch);
}

void xs_wifi_scan(xsMachine* the)
{
	WiFi* wifi = opened(the);
	xsSlot onFound, onComplete;
	xsmcVars(1);
	optionsNeeded(the);
	if (!callback(the, xsID_onFound, &onFound))
		xsTypeError("onFound is needed");
	callback(the, xsID_onComplete, &onComplete);
	if (!stationScan(scanDone, wifi))
		xsUnknownError("already scanning or connecting");
	wifi->onFound = onFound;
	wifi->onComplete = onComplete;
	wifi->isScanning = 1;
}

void xs_wifi_get_connection(xsMachine* the)
{
	opened(the);
	xsmcSetInteger(xsResult, stationConnection());
}

void xs_wifi_get_failure(xsMachine* the)
{
	static const char* const words[] = {NULL, "no-signal", "wrong-key", "refused"};
	opened(the);
	const char* word = words[stationFailure()];
	if (word)
		xsmcSetString(xsResult, (char*)word);
}

/* The computer's own: there a program that listens can be reached. */
void xs_wifi_get_address(xsMachine* the)
{
	opened(the);
	if (stationConnection() == stationOnline)
		xsmcSetString(xsResult, "127.0.0.1");
}

void xs_wifi_get_MAC(xsMachine* the)
{
	uint8_t id[16] = {0};
	char text[18];
	opened(the);
	portUniqueId(id);
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", id[0], id[1], id[2], id[3], id[4], id[5]);
	xsmcSetString(xsResult, text);
}

void xs_wifi_get_SSID(xsMachine* the)
{
	opened(the);
	const AccessPoint* it = stationAccessPoint();
	if (it)
		xsmcSetString(xsResult, (char*)it->ssid);
}

void xs_wifi_get_BSSID(xsMachine* the)
{
	char text[18];
	opened(the);
	const AccessPoint* it = stationAccessPoint();
	if (!it)
		return;
	bssidOf(it, text);
	xsmcSetString(xsResult, text);
}

void xs_wifi_get_RSSI(xsMachine* the)
{
	opened(the);
	const AccessPoint* it = stationAccessPoint();
	if (it)
		xsmcSetInteger(xsResult, it->rssi);
}

void xs_wifi_get_channel(xsMachine* the)
{
	opened(the);
	const AccessPoint* it = stationAccessPoint();
	if (it)
		xsmcSetInteger(xsResult, it->channel);
}

/* Whether the board has a radio. */
void xs_wifi_fitted(xsMachine* the)
{
	xsmcSetBoolean(xsResult, stationFitted());
}

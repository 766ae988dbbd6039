/*
 * What the SDK's class for Wi-Fi keeps to itself: why a connection ended. And a key as the string that it takes, which is
 * wiped as soon as the driver has it.
 */
#include <string.h>

#include "../mbedtls/key.h"

#include "esp_event.h"
#include "esp_wifi.h"

/* A number of ESP-IDF (`wifi_err_reason_t`); 0: nothing has failed since xs_station_forget. Written by the event task. */
static volatile uint8_t reason;

static void disconnected(void* argument, esp_event_base_t base, int32_t id, void* data)
{
	(void)argument;
	(void)base;
	if (id == WIFI_EVENT_STA_DISCONNECTED)
		reason = ((const wifi_event_sta_disconnected_t*)data)->reason;
}

/*
 * Before the SDK's class is made: handlers are called in the order of their registration, and this one must have written
 * the reason when the class's callback runs.
 */
void xs_station_listen(xsMachine* the)
{
	static uint8_t isListening;
	if (isListening)
		return;
	esp_err_t error = esp_event_loop_create_default();
	if (error != ESP_OK && error != ESP_ERR_INVALID_STATE)
		xsUnknownError("no event loop: %d", error);
	error = esp_event_handler_register(WIFI_EVENT, ESP_EVENT_ANY_ID, disconnected, NULL);
	if (error != ESP_OK)
		xsUnknownError("no event handler: %d", error);
	isListening = 1;
}

void xs_station_forget(xsMachine* the)
{
	(void)the;
	reason = 0;
}

void xs_station_reason(xsMachine* the)
{
	xsmcSetInteger(xsResult, reason);
}

/* (key): its bytes as a string */
void xs_station_text(xsMachine* the)
{
	const Key* key = keyOf(the, &xsArg(0));
	xsmcSetStringBuffer(xsResult, (char*)key->bytes, (xsIntegerValue)key->length);
}

/* (text): one of xs_station_text. It is not to be used any more. */
void xs_station_wipe(xsMachine* the)
{
	if (xsmcTypeOf(xsArg(0)) != xsStringType)
		return;
	char* text = xsmcToString(xsArg(0));
	wipe(text, strlen(text));
}

#pragma once
#include "esp_event.h"
extern esp_event_base_t const WIFI_EVENT;
enum { WIFI_EVENT_STA_DISCONNECTED = 5 };
typedef struct {
	uint8_t ssid[32], ssid_len, bssid[6], reason;
	int8_t rssi;
} wifi_event_sta_disconnected_t;

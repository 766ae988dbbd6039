/* What hal/xs asks of a platform (port.h), by ESP-IDF. */
#include "../moddable/device.h"
#include "../xs/port.h"

#include <string.h>
#include <sys/time.h>

#include "esp_attr.h"
#include "esp_mac.h"
#include "esp_system.h"
#include "esp_task_wdt.h"
#include "esp_timer.h"

enum { macSize = 6, firstYear = 1600000000 /* s: September 2020; a clock before that was never set */ };

/* Not initialised by the loader: survives every reset but the loss of power. */
static RTC_NOINIT_ATTR Retained kept;

uint64_t portMicroseconds(void)
{
	return (uint64_t)esp_timer_get_time();
}

int64_t portWallClock(void)
{
	struct timeval now;
	gettimeofday(&now, NULL);
	return now.tv_sec < firstYear ? 0 : (int64_t)now.tv_sec * 1000000 + now.tv_usec;
}

void portSetWallClock(int64_t microseconds)
{
	struct timeval now = {.tv_sec = microseconds / 1000000, .tv_usec = microseconds % 1000000};
	settimeofday(&now, NULL);
}

void portReset(void)
{
	esp_restart();
}

/* What the hardware knows and the run before couldn't write down. */
static void blame(Retained* retained, ResetReason reason)
{
	LastWords* words = &retained->records[retained->present & 1];
	if (words->reason == resetUnknown)
		words->reason = reason;
}

Retained* portRetained(void)
{
	if (kept.magic != retainedMagic)
		return &kept;
	switch (esp_reset_reason()) {
	case ESP_RST_POWERON:
	case ESP_RST_BROWNOUT:
		memset(&kept, 0, sizeof(kept));
		break;
	case ESP_RST_INT_WDT:
	case ESP_RST_TASK_WDT:
	case ESP_RST_WDT:
		blame(&kept, resetWatchdog);
		break;
	case ESP_RST_PANIC:
		blame(&kept, resetException);
		break;
	case ESP_RST_SW:
		/* XS ends a machine by esp_restart, too: restart() would have left a reason. */
		blame(&kept, resetException);
		break;
	default:
		break;
	}
	return &kept;
}

void portWatchdog(uint32_t ms)
{
	static int running;
	esp_task_wdt_config_t config = {.timeout_ms = ms, .idle_core_mask = 0, .trigger_panic = true};
	if (ms == 0) {
		if (running) {
			esp_task_wdt_delete(NULL);
			esp_task_wdt_deinit();
		}
		running = 0;
		return;
	}
	if (running)
		esp_task_wdt_reconfigure(&config);
	else if (esp_task_wdt_init(&config) == ESP_OK)
		running = esp_task_wdt_add(NULL) == ESP_OK;
	esp_task_wdt_reset();
}

size_t portUniqueId(uint8_t id[16])
{
	return esp_efuse_mac_get_default(id) == ESP_OK ? macSize : 0;
}

#pragma once
#include "esp_attr.h"
typedef struct {
	uint32_t timeout_ms, idle_core_mask;
	bool trigger_panic;
} esp_task_wdt_config_t;
esp_err_t esp_task_wdt_init(const esp_task_wdt_config_t* config);
esp_err_t esp_task_wdt_reconfigure(const esp_task_wdt_config_t* config);
esp_err_t esp_task_wdt_deinit(void);
esp_err_t esp_task_wdt_add(void* task);
esp_err_t esp_task_wdt_delete(void* task);
esp_err_t esp_task_wdt_reset(void);

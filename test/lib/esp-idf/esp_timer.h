#pragma once
#include "esp_attr.h"
int64_t esp_timer_get_time(void);

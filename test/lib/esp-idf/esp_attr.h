/* As much of ESP-IDF as hal/esp32 needs, to see that it compiles where there's no ESP-IDF: declarations of our own. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#define RTC_NOINIT_ATTR
typedef int esp_err_t;
#define ESP_OK 0

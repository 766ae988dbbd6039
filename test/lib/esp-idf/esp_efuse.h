#pragma once
#include <stddef.h>
#include "esp_attr.h"
typedef enum { EFUSE_BLK0, EFUSE_BLK3 = 3, EFUSE_BLK_KEY0, EFUSE_BLK_KEY_MAX = EFUSE_BLK_KEY0 + 6 } esp_efuse_block_t;
typedef enum { ESP_EFUSE_KEY_PURPOSE_USER, ESP_EFUSE_KEY_PURPOSE_HMAC_UP = 8 } esp_efuse_purpose_t;
bool esp_efuse_find_purpose(esp_efuse_purpose_t purpose, esp_efuse_block_t* block);
esp_err_t esp_efuse_read_block(esp_efuse_block_t block, void* into, size_t offsetInBits, size_t bits);

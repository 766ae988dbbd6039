/*
 * The device's own key by eFuses (hal/README.md has how they are burned). Chips with an HMAC peripheral: a key block of
 * purpose HMAC_UP, which no software can read. The ESP32 has none: BLOCK3, which software can read, so that it's worth as
 * much as secure boot and flash encryption around it. What isn't burned is not made up, but for a laboratory's build
 * (`"defines": { "linkxs": { "labkey": 1 } }`).
 */
#include <string.h>

#include "../mbedtls/device-key.h"
#include "../xs/port.h"
#include "esp_efuse.h"
#include "esp_mac.h"
#include "soc/soc_caps.h"

#if SOC_HMAC_SUPPORTED
#include "esp_hmac.h"

static const char missing[] = "no eFuse key block has the purpose HMAC_UP: burn one (hal/README.md)";

/* Whether the chip has its secret; then the key is made, or `wrong` says why not. */
static int derive(const void* info, size_t length, uint8_t key[deviceKeySize], const char** wrong)
{
	esp_efuse_block_t block;
	if (!esp_efuse_find_purpose(ESP_EFUSE_KEY_PURPOSE_HMAC_UP, &block))
		return 0;
	if (esp_hmac_calculate((hmac_key_id_t)(block - EFUSE_BLK_KEY0), info, length, key) != ESP_OK)
		*wrong = "the HMAC peripheral refuses the eFuse key block";
	return 1;
}

#else

static const char missing[] = "eFuse BLOCK3 is empty: burn 32 random bytes (hal/README.md)";

static int derive(const void* info, size_t length, uint8_t key[deviceKeySize], const char** wrong)
{
	static const uint8_t none[deviceKeySize];
	volatile uint8_t* bytes;
	uint8_t secret[deviceKeySize];
	int there = esp_efuse_read_block(EFUSE_BLK3, secret, 0, 8 * deviceKeySize) == ESP_OK &&
				memcmp(secret, none, deviceKeySize) != 0;
	if (there)
		*wrong = deviceKeyFrom(secret, info, length, key);
	bytes = secret;
	for (size_t i = 0; i < deviceKeySize; i++)
		bytes[i] = 0;
	return there;
}

#endif

const char* portDeriveKey(const void* info, size_t length, uint8_t key[deviceKeySize])
{
	const char* wrong = NULL;
	if (derive(info, length, key, &wrong))
		return wrong;
#if MODDEF_LINKXS_LABKEY
	/* Anybody who has the chip can compute it: for a desk. */
	uint8_t mac[deviceKeySize] = {0};
	if (esp_efuse_mac_get_default(mac) != ESP_OK)
		return missing;
	return deviceKeyFrom(mac, info, length, key);
#else
	return missing;
#endif
}

/*
 * Random numbers for PSA where mbedTLS is built by us (MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG): the platform's generator, with no
 * state of our own.
 */
#include "compat.h"

/* ESP-IDF has one itself. */
#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG) && !defined(ESP_PLATFORM)

#include "../xs/port.h"

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t* context, uint8_t* output,
											 size_t size, size_t* length);

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t* context, uint8_t* output,
											 size_t size, size_t* length) {
	(void)context;
	*length = 0;
	if (!portRandom(output, size))
		return PSA_ERROR_INSUFFICIENT_ENTROPY;
	*length = size;
	return PSA_SUCCESS;
}

#endif

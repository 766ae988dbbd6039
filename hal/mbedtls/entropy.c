/*
 * Random numbers for PSA where mbedTLS is built by us (MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG): the host's generator, with no
 * state of our own. On Linux the kernel's; another host of ours defines `hostRandom`.
 */
#include "compat.h"

/* ESP-IDF has one itself. */
#if defined(MBEDTLS_PSA_CRYPTO_EXTERNAL_RNG) && !defined(ESP_PLATFORM)

/* Fill `output` with `length` random bytes. 0 when it can't. */
int hostRandom(uint8_t* output, size_t length);

#if defined(__linux__)
#include <errno.h>
#include <sys/random.h>

__attribute__((weak)) int hostRandom(uint8_t* output, size_t length) {
	while (length) {
		ssize_t got = getrandom(output, length, 0);
		if (got < 0) {
			if (errno == EINTR)
				continue;
			return 0;
		}
		output += got;
		length -= (size_t)got;
	}
	return 1;
}
#endif

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t* context, uint8_t* output,
											 size_t size, size_t* length);

psa_status_t mbedtls_psa_external_get_random(mbedtls_psa_external_random_context_t* context, uint8_t* output,
											 size_t size, size_t* length) {
	(void)context;
	*length = 0;
	if (!hostRandom(output, size))
		return PSA_ERROR_INSUFFICIENT_ENTROPY;
	*length = size;
	return PSA_SUCCESS;
}

#endif

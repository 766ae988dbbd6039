/* RFC 1321: ESP-IDF's partition table ends with the MD5 of its rows. No secret hangs on it. */
#ifndef MD5_H
#define MD5_H

#include <stdint.h>

void md5(const uint8_t* bytes, uint32_t size, uint8_t digest[16]);

#endif

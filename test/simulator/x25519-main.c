/*
 * Reads a scalar and a point of 32 bytes each, writes the product, until there's no more. With a number as argument: so many
 * rounds, the product the next scalar and the scalar the next point (RFC 7748, section 5.2).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void Hacl_Curve25519_crypto_scalarmult(uint8_t* result, uint8_t* secret, uint8_t* point);

int main(int count, char** arguments)
{
	int rounds = count > 1 ? atoi(arguments[1]) : 1;
	uint8_t in[64], out[32];
	while (fread(in, 1, sizeof(in), stdin) == sizeof(in)) {
		for (int round = 0; round < rounds; round++) {
			Hacl_Curve25519_crypto_scalarmult(out, in, in + 32);
			memcpy(in + 32, in, 32);
			memcpy(in, out, 32);
		}
		fwrite(out, 1, sizeof(out), stdout);
	}
	return 0;
}

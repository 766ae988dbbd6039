/* The fuses: words in a file (host-file.h), in the order of those of sifive-u. */
#include "../board.h"
#include "host-file.h"

static HostFile fuses = {.strap = "otp"};

/* A fuse that isn't there reads as one that nobody has burned. */
uint32_t otpRead(uint32_t index)
{
	uint32_t word;
	return hostFileRead(&fuses, index * sizeof(word), &word, sizeof(word)) ? 0xffffffff : word;
}

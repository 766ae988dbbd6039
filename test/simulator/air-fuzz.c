/*
 * Random and nearly right files into the reader of the access points (hal/simulator/access-points.c): what it accepts keeps
 * to its limits, what it refuses is said and leaves the former. Under AddressSanitizer.
 *
 *     air-fuzz FILE SEED ITERATIONS
 */
#include "access-points.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

/* splitmix64 */
static uint64_t next(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static const char* const words[] = {"home", "\"my home\"", "key", "12345678", "hidden", "refuses", "rssi", "-50",
	"channel", "6", "up", "0-5000,9000-", "1-", "join", "10", "dhcp", "none", "lasts", "away", "0", "#", "\n", "\n", "\n",
	"\"", "\\", "99999999999999999999", "-", ",", "\r\n", "key key"};

static void make(const char* path)
{
	FILE* file = fopen(path, "w");
	if (!file)
		exit(2);
	for (uint64_t count = next() % 60; count; count--) {
		if (next() % 10)
			fprintf(file, "%s ", words[next() % (sizeof(words) / sizeof(words[0]))]);
		else if (next() % 4)
			fputc((int)(next() & 255), file);
		else
			for (uint64_t more = next() % 1200; more; more--)
				fputc('x', file);
	}
	fclose(file);
}

static void check(const AccessPoints* air)
{
	if (air->count < 0 || air->count > accessPointsMost)
		abort();
	for (int i = 0; i < air->count; i++) {
		const AccessPoint* it = &air->list[i];
		size_t ssid = strlen(it->ssid), key = strlen(it->key);
		if (!ssid || ssid > ssidMost || (key && key < keyLeast) || key > keyMost || it->times < 0 || it->times > timesMost)
			abort();
		if (it->join < 0 || it->dhcp < 0 || it->channel < 1 || it->channel > 14 || it->rssi > 0)
			abort();
		for (int64_t at = 0; at < 10000; at += 500)
			accessPointIsUp(it, at);
	}
}

int main(int argc, char** argv)
{
	static AccessPoints air, former;
	if (argc < 4)
		return 2;
	state = strtoull(argv[2], NULL, 10);
	long accepted = 0, iterations = atol(argv[3]);
	for (long i = 0; i < iterations; i++) {
		char error[300] = "";
		make(argv[1]);
		former = air;
		if (!accessPointsRead(argv[1], &air, error, sizeof(error)))
			accepted++;
		else if (!strstr(error, argv[1]) || memcmp(&former, &air, sizeof(air)))
			abort();
		check(&air);
	}
	printf("%ld files, %ld accepted\n", iterations, accepted);
	return 0;
}

/* The Wi-Fi networks of `--wifi FILE`: what is on the air, and when. The file's form is in README.md of hal/. */
#ifndef ACCESS_POINTS_H
#define ACCESS_POINTS_H

#include <stddef.h>
#include <stdint.h>

enum {
	ssidMost = 32, /* IEEE 802.11: octets */
	keyLeast = 8,
	keyMost = 64,
	accessPointsMost = 32,
	timesMost = 8 /* spans in which one is there */
};

typedef struct {
	int64_t from, to; /* ms after the simulator's start; the end excluded, INT64_MAX: no end */
} Time;

typedef struct {
	char ssid[ssidMost + 1];
	char key[keyMost + 1]; /* "": open */
	uint8_t hidden;        /* not in a scan */
	uint8_t refuses;       /* takes nobody */
	uint8_t noAddress;     /* its DHCP says nothing */
	int rssi, channel;
	int join, dhcp;  /* ms that these take */
	int lasts, away; /* ms after the address was given it is gone, and for how long; -1: for ever */
	int times;       /* 0: always there */
	Time time[timesMost];
} AccessPoint;

typedef struct {
	int count;
	AccessPoint list[accessPointsMost];
} AccessPoints;

/* Read `path`. Answers 0, or -1 with the reason in `error` ("FILE:LINE: what"). `into` is left alone then. */
int accessPointsRead(const char* path, AccessPoints* into, char* error, size_t size);
/* By its own times. */
int accessPointIsUp(const AccessPoint* it, int64_t now);

#endif

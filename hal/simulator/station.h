/*
 * The device's radio and the network that it gives: with `--wifi FILE` a station among the file's access points, which is
 * read again when it changes; without, a cable that always holds. No JavaScript in here.
 */
#ifndef STATION_H
#define STATION_H

#include <stddef.h>
#include <stdint.h>

#include "access-points.h"
#include "loop.h"

/* ECMA-419's numbers. */
enum { stationIdle = 200, stationConnecting = 300, stationJoined = 400, stationOnline = 500 };

typedef enum { failureNone, failureNoSignal, failureWrongKey, failureRefused } StationFailure;

/* Who wants to know; belongs to the caller, and is told by a task. */
typedef struct StationWatch StationWatch;
struct StationWatch {
	StationWatch* next;
	Task task;
	uint8_t hasAddress; /* one has come; for the task to clear */
};

/* Before the supervisor starts: time begins, the file is read. -1 with the reason on stderr. */
int stationRead(void);
/* In the device process. */
void stationStart(void);

/* Whether packets come and go: without a radio always. */
int networkUp(void);

/* Whether there's a radio. */
int stationFitted(void);
int stationConnection(void);
StationFailure stationFailure(void);
/* The one that it is joined to, NULL when it isn't. */
const AccessPoint* stationAccessPoint(void);
/* `own` is not told of what it does itself. `key` ("": none) is copied. 0: it is connecting already. */
int stationConnect(const char* ssid, const char* key, StationWatch* own);
void stationDisconnect(StationWatch* own);
/* `done` is called once, from the loop. 0: it scans or connects already. */
int stationScan(void (*done)(void* owner), void* owner);
void stationScanStop(void);
/* The next access point that shows itself now, beginning with index `*at`; NULL: no more. */
const AccessPoint* stationSeen(int* at);
/* What an access point's BSSID is made of. */
int stationIndex(const AccessPoint* it);

void stationWatch(StationWatch* watch);
void stationUnwatch(StationWatch* watch);

#endif

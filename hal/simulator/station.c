#include "station.h"
#include "events.h"
#include "loop.h"
#include "options.h"
#include "io/stream-parts.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* How long a scan takes, ms. */
enum { scanTime = 50 };

static const int64_t never = INT64_MAX;

static AccessPoints air;
static int64_t begin; /* the simulator's start */
/* By index into `air`: gone until then, because it only lasts so long. */
static int64_t awayUntil[accessPointsMost];

static struct {
	int connection;
	StationFailure failure;
	AccessPoint with; /* while it is joined */
	int index;        /* of that one */
	char ssid[ssidMost + 1], key[keyMost + 1];
	int64_t due; /* when the next step of connecting is done */
	int64_t end; /* when the access point goes, by its `lasts` */
	int64_t scanned;
	void (*scanDone)(void* owner);
	void* scanOwner;
	StationWatch* first;
} station = {.connection = stationIdle, .due = INT64_MAX, .end = INT64_MAX, .scanned = INT64_MAX};

static int64_t now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000 - begin;
}

int stationFitted(void)
{
	return options.wifi != NULL;
}

int networkUp(void)
{
	return !options.wifi || station.connection == stationOnline;
}

/* ---- The air ---- */

static int isUp(int index, int64_t time)
{
	return time >= awayUntil[index] && accessPointIsUp(&air.list[index], time);
}

/* The strongest one of that name; -1: none. */
static int strongest(const char* ssid, int64_t time)
{
	int best = -1;
	for (int i = 0; i < air.count; i++)
		if (!strcmp(air.list[i].ssid, ssid) && isUp(i, time) && (best < 0 || air.list[i].rssi > air.list[best].rssi))
			best = i;
	return best;
}

/* When the access point in use appears or vanishes next. */
static int64_t nextEdge(const AccessPoint* it, int64_t time)
{
	int64_t next = never;
	for (int i = 0; i < it->times; i++) {
		if (it->time[i].from > time && it->time[i].from < next)
			next = it->time[i].from;
		if (it->time[i].to > time && it->time[i].to < next)
			next = it->time[i].to;
	}
	return next;
}

int stationIndex(const AccessPoint* it)
{
	return it == &station.with ? station.index : (int)(it - air.list);
}

const AccessPoint* stationSeen(int* at)
{
	int64_t time = now();
	while (*at < air.count) {
		int index = (*at)++;
		if (!air.list[index].hidden && isUp(index, time))
			return &air.list[index];
	}
	return NULL;
}

/* ---- The clock ---- */

static void tick(Watch* watch, uint32_t events);
static Watch timer = {.fd = -1, .ready = tick};

static void arm(void)
{
	int64_t next = station.due < station.scanned ? station.due : station.scanned;
	if (station.end < next)
		next = station.end;
	if (station.connection >= stationJoined) {
		int64_t edge = nextEdge(&station.with, now());
		if (edge < next)
			next = edge;
	}
	struct itimerspec spec = {0};
	if (next != never) {
		next += begin;
		spec.it_value.tv_sec = next / 1000;
		/* Not 0, which would stop it. */
		spec.it_value.tv_nsec = next % 1000 * 1000000 + 1;
	}
	timerfd_settime(timer.fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

/* ---- Where it is ---- */

static void tell(StationWatch* except, int hasAddress)
{
	char ssid[2 * ssidMost + 16];
	eventWrite("wifi", "\"connection\":%d,\"ssid\":%s", station.connection,
		eventString(ssid, sizeof(ssid), station.connection == stationIdle ? "" : station.ssid));
	for (StationWatch* watch = station.first; watch; watch = watch->next) {
		if (watch == except)
			continue;
		watch->hasAddress |= hasAddress & 1;
		taskPost(&watch->task);
	}
}

static void become(int connection, int64_t due, StationWatch* except)
{
	int wasUp = networkUp(), before = station.connection;
	station.connection = connection;
	station.due = due;
	if (connection < stationOnline)
		station.end = never;
	arm();
	if (wasUp && !networkUp())
		streamsCut();
	if (connection != before)
		tell(except, connection == stationOnline);
}

static void fail(StationFailure failure)
{
	station.failure = failure;
	become(stationIdle, never, NULL);
}

/* The access point answers, or nobody does. */
static void join(int64_t time)
{
	int index = strongest(station.ssid, time);
	if (index < 0)
		return fail(failureNoSignal);
	const AccessPoint* it = &air.list[index];
	if (strcmp(it->key, station.key))
		return fail(failureWrongKey);
	if (it->refuses)
		return fail(failureRefused);
	station.with = *it;
	station.index = index;
	become(stationJoined, it->noAddress ? never : time + it->dhcp, NULL);
}

static void address(int64_t time)
{
	const AccessPoint* it = &station.with;
	if (it->lasts >= 0)
		station.end = time + it->lasts;
	become(stationOnline, never, NULL);
}

/* It is joined: is the access point there yet? */
static void look(int64_t time)
{
	if (station.connection < stationJoined)
		return;
	if (time >= station.end)
		awayUntil[station.index] = station.with.away < 0 ? never : time + station.with.away;
	if (!isUp(station.index, time))
		fail(failureNoSignal);
}

static void tick(Watch* watch, uint32_t events)
{
	uint64_t count;
	(void)events;
	while (read(watch->fd, &count, sizeof(count)) > 0)
		;
	int64_t time = now();
	look(time);
	if (time >= station.due) {
		if (station.connection == stationConnecting)
			join(time);
		else if (station.connection == stationJoined)
			address(time);
	}
	if (time >= station.scanned) {
		station.scanned = never;
		station.scanDone(station.scanOwner);
	}
	arm();
}

int stationConnection(void)
{
	return station.connection;
}

StationFailure stationFailure(void)
{
	return station.failure;
}

const AccessPoint* stationAccessPoint(void)
{
	return station.connection >= stationJoined ? &station.with : NULL;
}

int stationConnect(const char* ssid, const char* key, StationWatch* own)
{
	if (station.connection == stationConnecting)
		return 0;
	int index = strongest(ssid, now());
	snprintf(station.ssid, sizeof(station.ssid), "%s", ssid);
	snprintf(station.key, sizeof(station.key), "%s", key);
	station.failure = failureNone;
	become(stationConnecting, now() + (index < 0 ? scanTime : air.list[index].join), own);
	return 1;
}

void stationDisconnect(StationWatch* own)
{
	become(stationIdle, never, own);
}

int stationScan(void (*done)(void* owner), void* owner)
{
	if (station.scanned != never || station.connection == stationConnecting)
		return 0;
	station.scanDone = done;
	station.scanOwner = owner;
	station.scanned = now() + scanTime;
	arm();
	return 1;
}

void stationScanStop(void)
{
	station.scanned = never;
	arm();
}

void stationWatch(StationWatch* watch)
{
	watch->next = station.first;
	station.first = watch;
}

void stationUnwatch(StationWatch* watch)
{
	taskCancel(&watch->task);
	for (StationWatch** at = &station.first; *at; at = &(*at)->next)
		if (*at == watch) {
			*at = watch->next;
			return;
		}
}

/* ---- The file ---- */

static int readAir(void)
{
	char error[512];
	if (!accessPointsRead(options.wifi, &air, error, sizeof(error)))
		return 0;
	fprintf(stderr, "%s\n", error);
	return -1;
}

int stationRead(void)
{
	begin = 0;
	begin = now();
	return options.wifi ? readAir() : 0;
}

/* Who is joined stays with the access point of that name and key, if there is one yet. */
static void again(Watch* watch, uint32_t events)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	const char* slash = strrchr(options.wifi, '/');
	const char* name = slash ? slash + 1 : options.wifi;
	int mine = 0;
	ssize_t size;
	(void)events;
	while ((size = read(watch->fd, buffer, sizeof(buffer))) > 0)
		for (char* at = buffer; at < buffer + size;) {
			const struct inotify_event* event = (void*)at;
			mine |= event->len && !strcmp(event->name, name);
			at += sizeof(*event) + event->len;
		}
	if (!mine || readAir())
		return;
	eventWrite("air", "\"networks\":%d", air.count);
	memset(awayUntil, 0, sizeof(awayUntil));
	int64_t time = now();
	int index = strongest(station.ssid, time);
	if (station.connection < stationJoined)
		return;
	if (index < 0 || strcmp(air.list[index].key, station.key) || air.list[index].refuses) {
		fail(failureNoSignal);
		return;
	}
	station.with = air.list[index];
	station.index = index;
	arm();
}

static Watch file = {.fd = -1, .ready = again};

void stationStart(void)
{
	char folder[4096];
	if (!options.wifi)
		return;
	/* Another one than at the simulator's start, maybe; a wrong one leaves that. */
	readAir();
	timer.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	loopAdd(&timer, EPOLLIN);
	file.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	const char* slash = strrchr(options.wifi, '/');
	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - options.wifi) + 1 : 1, slash ? options.wifi : ".");
	if (file.fd < 0 || inotify_add_watch(file.fd, folder, IN_CLOSE_WRITE | IN_MOVED_TO) < 0)
		perror("--wifi: changes of the file will not be seen");
	else
		loopAdd(&file, EPOLLIN);
}

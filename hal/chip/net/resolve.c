/* hal/xs/io/resolve.h by lwIP's DNS client: first IPv4, then IPv6; while the address comes the question waits. */
#include "../../xs/io/resolve.h"

#include <lwip/dns.h>
#include <stddef.h>
#include <string.h>

#include "../../xs/memory.h"
#include "net.h"
#include "net-parts.h"

/* A Resolve with what the resolver needs beside it. */
typedef struct {
	Resolve resolve; /* first */
	NetWatch watch;
	uint8_t isWaiting; /* for the network */
	uint8_t isAsking;  /* lwIP has our address */
	uint8_t type;      /* of address that is asked for */
} Asked;

static void ask(Asked* asked);

static void finish(Asked* asked, const char* error)
{
	Resolve* resolve = &asked->resolve;
	resolve->error = resolve->count ? NULL : error;
	taskPost(&resolve->task);
}

static void stopWaiting(Asked* asked)
{
	if (asked->isWaiting)
		netUnwatch(&asked->watch);
	asked->isWaiting = 0;
}

static void add(Resolve* resolve, const ip_addr_t* at)
{
	if (resolve->count < RESOLVE_MOST)
		netFromLwip(at, resolve->port, &resolve->found[resolve->count++]);
}

/* One question was answered, or wasn't. */
static void next(Asked* asked, const ip_addr_t* at)
{
	if (at)
		add(&asked->resolve, at);
	if (LWIP_DNS_ADDRTYPE_IPV6 == asked->type || asked->resolve.isDropped)
		finish(asked, "no such name, or no answer");
	else {
		asked->type = LWIP_DNS_ADDRTYPE_IPV6;
		ask(asked);
	}
}

static void answered(const char* name, const ip_addr_t* at, void* data)
{
	Asked* asked = data;
	asked->isAsking = 0;
	next(asked, at);
}

static void ask(Asked* asked)
{
	ip_addr_t at;
	/* Without a server to ask it answers before it returns. */
	asked->isAsking = 1;
	err_t error = dns_gethostbyname_addrtype(asked->resolve.name, &at, answered, asked, asked->type);
	if (ERR_INPROGRESS == error)
		return;
	asked->isAsking = 0;
	next(asked, ERR_OK == error ? &at : NULL);
}

static void begin(Asked* asked)
{
	if (netUp())
		ask(asked);
	else
		finish(asked, "no network");
}

static void netChanged(Task* task)
{
	Asked* asked = (Asked*)((char*)task - offsetof(Asked, watch.task));
	if (netIsComing())
		return;
	stopWaiting(asked);
	begin(asked);
}

static void resolveDone(Task* task)
{
	Resolve* resolve = (Resolve*)task;
	resolve->isDone = 1;
	if (resolve->isDropped)
		hostFree(resolve);
	else
		resolve->done(resolve);
}

/* RFC 6761: this name is the device itself, whatever a server may say. */
static int isLocal(Asked* asked)
{
	static const Address addresses[] = {{.bytes = {127, 0, 0, 1}}, {.bytes = {[15] = 1}, .isV6 = 1}};
	if (strcmp(asked->resolve.name, "localhost"))
		return 0;
	for (int i = 0; i < 2; i++) {
		Address* address = &asked->resolve.found[asked->resolve.count++];
		*address = addresses[i];
		address->port = asked->resolve.port;
	}
	return 1;
}

/* And this one nobody has. */
static int isInvalid(const char* name)
{
	static const char end[] = ".invalid";
	size_t length = strlen(name);
	return length >= sizeof end - 1 && !strcmp(name + length - (sizeof end - 1), end);
}

Resolve* resolveStart(const char* name, uint16_t port, void (*done)(Resolve*), void* owner)
{
	Asked* asked = hostAllocate(sizeof *asked);
	if (!asked)
		return NULL;
	Resolve* resolve = &asked->resolve;
	resolve->task.run = resolveDone;
	resolve->done = done;
	resolve->owner = owner;
	resolve->port = port;
	strncpy(resolve->name, name, RESOLVE_NAME - 1);
	asked->type = LWIP_DNS_ADDRTYPE_IPV4;
	if (isLocal(asked) || isInvalid(name)) {
		finish(asked, "no such name");
		return resolve;
	}
	if (!netIsComing()) {
		begin(asked);
		return resolve;
	}
	asked->isWaiting = 1;
	asked->watch.task.run = netChanged;
	netWatch(&asked->watch);
	return resolve;
}

void resolveDrop(Resolve* resolve)
{
	Asked* asked = (Asked*)resolve;
	stopWaiting(asked);
	taskCancel(&resolve->task);
	/* Until then lwIP has it. */
	if (asked->isAsking)
		resolve->isDropped = 1;
	else
		hostFree(resolve);
}

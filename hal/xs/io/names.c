#include "names.h"

#include <string.h>

#include "../memory.h"
#include "../port.h"
#include "resolve.h"

/* Microseconds that an answer is used: resolvers tell no time to live; a device that roams must not stick to one. */
#define KEPT 60000000

typedef struct Waiting Waiting;
struct Waiting {
	Waiting* next;
	uint16_t port;
	size_t size;
	uint8_t bytes[];
};

typedef struct {
	Names* names;
	Resolve* resolve; /* NULL: the place is free */
	uint64_t until;   /* 0: not known yet */
	Waiting* first;
	int count;
} Name;

struct Names {
	const NamesEvents* events;
	void* owner;
	Name list[NAMES_MOST];
};

static void forget(Name* name)
{
	if (name->resolve)
		resolveDrop(name->resolve);
	while (name->first) {
		Waiting* waiting = name->first;
		name->first = waiting->next;
		hostFree(waiting);
	}
	*name = (Name){ .names = name->names };
}

static void sendTo(Name* name, uint16_t port, const void* bytes, size_t size)
{
	Names* names = name->names;
	for (int index = 0; index < name->resolve->count; index++) {
		Address address = name->resolve->found[index];
		address.port = port;
		if (names->events->send(names->owner, &address, bytes, size))
			return;
	}
}

static void known(Resolve* resolve)
{
	Name* name = resolve->owner;
	if (resolve->error) {
		const char* detail = resolve->error;
		Names* names = name->names;
		forget(name);
		names->events->failed(names->owner, detail);
		return;
	}
	name->until = portMicroseconds() + KEPT;
	while (name->first) {
		Waiting* waiting = name->first;
		name->first = waiting->next;
		sendTo(name, waiting->port, waiting->bytes, waiting->size);
		hostFree(waiting);
	}
	name->count = 0;
}

/* Its place, or one that is free or too old; NULL when all wait for an answer. */
static Name* placeOf(Names* names, const char* text)
{
	Name* place = NULL;
	for (int index = 0; index < NAMES_MOST; index++) {
		Name* name = &names->list[index];
		int isOld = name->until && name->until < portMicroseconds();
		if (name->resolve && !isOld && !strcmp(name->resolve->name, text))
			return name;
		/* Free ones first, then old ones, then the first that was answered. */
		if (!name->resolve || (isOld && !(place && !place->resolve)) || (name->until && !place))
			place = name;
	}
	if (place)
		forget(place);
	return place;
}

static int wait(Name* name, uint16_t port, const void* bytes, size_t size)
{
	if (name->count == NAMES_WAITING)
		return 1;
	Waiting* waiting = hostAllocate(sizeof *waiting + size);
	if (!waiting)
		return 0;
	waiting->port = port;
	waiting->size = size;
	memcpy(waiting->bytes, bytes, size);
	Waiting** end = &name->first;
	while (*end)
		end = &(*end)->next;
	*end = waiting;
	name->count++;
	return 1;
}

Names* namesNew(const NamesEvents* events, void* owner)
{
	Names* names = hostAllocate(sizeof *names);
	if (!names)
		return NULL;
	names->events = events;
	names->owner = owner;
	for (int index = 0; index < NAMES_MOST; index++)
		names->list[index].names = names;
	return names;
}

int namesSend(Names* names, const char* text, uint16_t port, const void* bytes, size_t size)
{
	Name* name = placeOf(names, text);
	if (!name)
		return 0;
	if (name->until) {
		sendTo(name, port, bytes, size);
		return 1;
	}
	if (!name->resolve)
		name->resolve = resolveStart(text, port, known, name);
	return name->resolve && wait(name, port, bytes, size);
}

void namesClose(Names* names)
{
	for (int index = 0; index < NAMES_MOST; index++)
		forget(&names->list[index]);
	hostFree(names);
}

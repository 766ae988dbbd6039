/* hal/xs/io/resolve.h: getaddrinfo in a thread of its own. */
#include "../../xs/io/resolve.h"

#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../loop.h"
#include "../station.h"
#include "sockets.h"

/* glibc's resolver has some 70 KB of buffers on its stack. */
#define STACK_SIZE (512 * 1024)

static void lookUp(Resolve* resolve)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG };
	struct addrinfo* list = NULL;
	int error = getaddrinfo(resolve->name, NULL, &hints, &list);
	/* With nothing but the loopback AI_ADDRCONFIG hides every address: ask again without. Who didn't answer won't now. */
	if (error && EAI_AGAIN != error) {
		hints.ai_flags = 0;
		error = getaddrinfo(resolve->name, NULL, &hints, &list);
	}
	if (error) {
		resolve->error = gai_strerror(error);
		return;
	}
	for (struct addrinfo* one = list; one && resolve->count < RESOLVE_MOST; one = one->ai_next) {
		SocketAddress at = SOCKET_ADDRESS;
		if ((AF_INET != one->ai_family && AF_INET6 != one->ai_family) || one->ai_addrlen > at.length)
			continue;
		memcpy(&at.to, one->ai_addr, one->ai_addrlen);
		Address* address = &resolve->found[resolve->count++];
		addressOfSocket(&at, address);
		address->port = resolve->port;
	}
	freeaddrinfo(list);
	if (!resolve->count)
		resolve->error = gai_strerror(EAI_NONAME);
}

static void* resolveThread(void* data)
{
	Resolve* resolve = data;
	lookUp(resolve);
	loopPostFromThread(&resolve->task);
	return NULL;
}

static void resolveDone(Task* task)
{
	Resolve* resolve = (Resolve*)task;
	resolve->isDone = 1;
	if (resolve->isDropped)
		free(resolve);
	else
		resolve->done(resolve);
}

Resolve* resolveStart(const char* name, uint16_t port, void (*done)(Resolve*), void* owner)
{
	Resolve* resolve = calloc(1, sizeof *resolve);
	if (!resolve)
		return NULL;
	resolve->task.run = resolveDone;
	resolve->done = done;
	resolve->owner = owner;
	resolve->port = port;
	strncpy(resolve->name, name, RESOLVE_NAME - 1);
	if (!networkUp()) {
		resolve->error = gai_strerror(EAI_AGAIN);
		taskPost(&resolve->task);
		return resolve;
	}
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	pthread_t thread;
	if (pthread_create(&thread, &attributes, resolveThread, resolve)) {
		resolve->error = gai_strerror(EAI_MEMORY);
		taskPost(&resolve->task);
	}
	pthread_attr_destroy(&attributes);
	return resolve;
}

void resolveDrop(Resolve* resolve)
{
	/* Until then the thread has it. */
	if (resolve->isDone)
		free(resolve);
	else
		resolve->isDropped = 1;
}

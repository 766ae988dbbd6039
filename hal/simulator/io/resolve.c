#include "resolve.h"
#include "../station.h"

#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

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
	resolve->error = error;
	if (error)
		return;
	for (struct addrinfo* one = list; one && resolve->count < RESOLVE_MOST; one = one->ai_next) {
		if ((AF_INET != one->ai_family && AF_INET6 != one->ai_family) || one->ai_addrlen > sizeof(struct sockaddr_in6))
			continue;
		Address* address = &resolve->found[resolve->count++];
		memset(address, 0, sizeof *address);
		memcpy(&address->to, one->ai_addr, one->ai_addrlen);
		address->length = one->ai_addrlen;
		/* The port lies at the same place in both kinds. */
		address->to.v4.sin_port = htons(resolve->port);
	}
	freeaddrinfo(list);
	if (!resolve->count)
		resolve->error = EAI_NONAME;
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
		resolve->error = EAI_AGAIN;
		taskPost(&resolve->task);
		return resolve;
	}
	pthread_attr_t attributes;
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	pthread_t thread;
	if (pthread_create(&thread, &attributes, resolveThread, resolve)) {
		resolve->error = EAI_MEMORY;
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

/* Moddable's debugger over TCP (--xsbug HOST:PORT): XS's own protocol, this end connects. Debug builds only. */
#include "xsAll.h"

#ifdef mxDebug
#include "loop.h"
#include "options.h"
#include "../xs/host.h"

#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void commanded(Watch* watch, uint32_t ready);
static Watch connection = {.fd = -1, .ready = commanded};

static int dial(const char* address)
{
	char host[256];
	const char* colon = strrchr(address, ':');
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found, *it;
	int fd = -1, one = 1;
	if (!colon || (size_t)(colon - address) >= sizeof(host))
		return -1;
	memcpy(host, address, (size_t)(colon - address));
	host[colon - address] = 0;
	if (getaddrinfo(host, colon + 1, &hints, &found))
		return -1;
	for (it = found; it && fd < 0; it = it->ai_next) {
		fd = socket(it->ai_family, it->ai_socktype | SOCK_CLOEXEC, it->ai_protocol);
		if (fd >= 0 && connect(fd, it->ai_addr, it->ai_addrlen)) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(found);
	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

/* The root machine logs in, too, when it's made: only the running one is debugged. */
void fxConnect(txMachine* the)
{
	if (!options.xsbug || !the->sharedMachine || connection.fd >= 0)
		return;
	connection.fd = dial(options.xsbug);
	if (connection.fd < 0) {
		fprintf(stderr, "--xsbug %s: no debugger there\n", options.xsbug);
		return;
	}
	the->debugger = 1;
	loopAdd(&connection, EPOLLIN);
}

void fxDisconnect(txMachine* the)
{
	if (!the->debugger)
		return;
	the->debugger = 0;
	loopRemove(&connection);
	close(connection.fd);
	connection.fd = -1;
}

txBoolean fxIsConnected(txMachine* the)
{
	return the->debugger != 0;
}

txBoolean fxIsReadable(txMachine* the)
{
	struct pollfd fd = {.fd = connection.fd, .events = POLLIN};
	return the->debugger && poll(&fd, 1, 0) > 0;
}

void fxReceive(txMachine* the)
{
	ssize_t size = read(connection.fd, the->debugBuffer, sizeof(the->debugBuffer) - 1);
	the->debugOffset = size > 0 ? (txSize)size : 0;
	the->debugBuffer[the->debugOffset] = 0;
	if (size <= 0)
		fxDisconnect(the);
}

void fxSend(txMachine* the, txBoolean more)
{
	const char* p = the->echoBuffer;
	for (size_t left = (size_t)the->echoOffset; left && the->debugger;) {
		ssize_t sent = send(connection.fd, p, left, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
		if (sent <= 0)
			fxDisconnect(the);
		else {
			p += sent;
			left -= (size_t)sent;
		}
	}
}

/* Between two events: the debugger sets breakpoints, or asks to stop at the next line. */
static void commanded(Watch* watch, uint32_t ready)
{
	txMachine* the = (txMachine*)hostMachine();
	fxDebugCommand(the);
}
#endif

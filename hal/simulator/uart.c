/* See uart.h. */
#include "uart.h"
#include "events.h"
#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

int uartFd = -1;

static int listener = -1; /* TCP only */
static int peer = -1;
static int line = -1; /* the supervisor's end */

static int fail(const char* what)
{
	fprintf(stderr, "--serial %s: %s: %s\n", options.serial, what, strerror(errno));
	return -1;
}

static int openPty(void)
{
	struct termios raw;
	char path[128];
	int slave;
	uartFd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (uartFd < 0 || grantpt(uartFd) || unlockpt(uartFd) || ptsname_r(uartFd, path, sizeof(path)))
		return fail("pty");
	/* Kept open, so that the device never sees a hang-up when a program closes the line. */
	slave = open(path, O_RDWR | O_NOCTTY);
	if (slave < 0 || tcgetattr(slave, &raw))
		return fail(path);
	cfmakeraw(&raw);
	tcsetattr(slave, TCSANOW, &raw);
	eventWrite("serial", "\"path\":\"%s\"", path);
	printf("# serial: %s\n", path);
	return 0;
}

static int openTcp(const char* text)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int pair[2], one = 1;
	char* end;
	long port = strtol(text, &end, 10);
	if (end == text || *end || port < 0 || port > 65535) {
		errno = EINVAL;
		return fail("port");
	}
	address.sin_port = htons((uint16_t)port);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one))
		|| bind(listener, (struct sockaddr*)&address, sizeof(address)) || listen(listener, 1)
		|| getsockname(listener, (struct sockaddr*)&address, &size))
		return fail("listen");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		return fail("socketpair");
	uartFd = pair[0];
	line = pair[1];
	eventWrite("serial", "\"port\":%d", ntohs(address.sin_port));
	printf("# serial: 127.0.0.1:%d\n", ntohs(address.sin_port));
	return 0;
}

int uartOpen(void)
{
	int result = 0;
	if (!options.serial)
		return 0;
	if (!strcmp(options.serial, "pty"))
		result = openPty();
	else if (!strncmp(options.serial, "tcp:", 4))
		result = openTcp(options.serial + 4);
	else {
		errno = EINVAL;
		result = fail("pty or tcp:PORT");
	}
	fflush(stdout);
	return result;
}

int uartPrepare(struct pollfd* fds)
{
	fds[0] = (struct pollfd){.fd = peer < 0 ? listener : -1, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = peer, .events = POLLIN};
	/* Without a peer the device's bytes go nowhere, as on a wire. */
	fds[2] = (struct pollfd){.fd = line, .events = POLLIN};
	return uartFds;
}

/* Move what is there; 0 at the end of the stream. A full receiver waits (its buffer is larger than ours). */
static int move(int from, int to)
{
	char buffer[4096];
	ssize_t size = read(from, buffer, sizeof(buffer));
	if (size <= 0)
		return size < 0 && (errno == EAGAIN || errno == EINTR);
	for (ssize_t done = 0; to >= 0 && done < size;) {
		ssize_t written = write(to, buffer + done, (size_t)(size - done));
		if (written > 0) {
			done += written;
			continue;
		}
		if (written < 0 && errno == EAGAIN) {
			struct pollfd wait = {.fd = to, .events = POLLOUT};
			if (poll(&wait, 1, 1000) > 0)
				continue;
		}
		break;
	}
	return 1;
}

void uartServe(const struct pollfd* fds)
{
	if (fds[0].fd >= 0 && fds[0].revents) {
		int one = 1;
		peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (peer >= 0)
			setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	}
	if (fds[1].fd >= 0 && fds[1].revents && !move(peer, line)) {
		close(peer);
		peer = -1;
	}
	if (fds[2].fd >= 0 && fds[2].revents)
		move(line, peer);
}

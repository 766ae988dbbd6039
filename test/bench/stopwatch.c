/*
 * stopwatch MARK COMMAND [ARGUMENT…]
 *
 * Starts COMMAND and tells when it printed which line that holds MARK: `<milliseconds since the start> <the rest of
 * that line>` on stdout, at once. Other lines go to stderr as they are. One clock and one start for every client of the
 * bench, whatever language it is in, and no clock in the client. SIGTERM and SIGINT are handed on to COMMAND; the exit
 * status is COMMAND's (128 + n for signal n).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static volatile pid_t child;

static void handOn(int number)
{
	if (child > 0)
		kill(child, number);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void line(const char *text, const char *mark, double start, double at)
{
	const char *found = strstr(text, mark);
	if (!found) {
		fprintf(stderr, "%s\n", text);
		return;
	}
	printf("%.3f %s\n", at - start, found + strlen(mark));
	fflush(stdout);
}

static void readLines(int from, const char *mark, double start)
{
	static char buffer[4096];
	size_t used = 0;
	for (;;) {
		ssize_t got = read(from, buffer + used, sizeof(buffer) - 1 - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		double at = now();
		used += (size_t)got;
		char *begin = buffer;
		char *end;
		while ((end = memchr(begin, '\n', used - (size_t)(begin - buffer)))) {
			*end = 0;
			line(begin, mark, start, at);
			begin = end + 1;
		}
		used -= (size_t)(begin - buffer);
		memmove(buffer, begin, used);
		if (used == sizeof(buffer) - 1)
			used = 0; /* a line longer than any mark's: dropped */
	}
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "stopwatch MARK COMMAND [ARGUMENT…]\n");
		return 2;
	}
	int ends[2];
	if (pipe(ends)) {
		perror("pipe");
		return 1;
	}
	struct sigaction action = {.sa_handler = handOn};
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	posix_spawn_file_actions_addclose(&actions, ends[1]);
	pid_t pid;
	double start = now();
	int failed = posix_spawnp(&pid, argv[2], &actions, NULL, argv + 2, environ);
	if (failed) {
		fprintf(stderr, "%s: %s\n", argv[2], strerror(failed));
		return 1;
	}
	child = pid;
	close(ends[1]);
	readLines(ends[0], argv[1], start);
	int status;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return 1;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

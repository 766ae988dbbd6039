#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Make the folders on the way to `path`, readable for their owner only: they hold secrets. */
static int makeFolders(const char* path)
{
	char folder[statePathSize];
	const char* slash = path;
	while ((slash = strchr(slash + 1, '/'))) {
		size_t length = (size_t)(slash - path);
		memcpy(folder, path, length);
		folder[length] = 0;
		if (mkdir(folder, 0700) < 0 && errno != EEXIST)
			return -1;
	}
	return 0;
}

const char* statePath(char path[statePathSize], const char* name)
{
	const char* state = getenv("LINKXS_STATE");
	const char* home = getenv("HOME");
	int length;
	if (state && *state)
		length = snprintf(path, statePathSize, "%s/%s", state, name);
	else
		length = snprintf(path, statePathSize, "%s/.linkxs/lin/%s", home ? home : "/tmp", name);
	if (length < 0 || length >= statePathSize) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return makeFolders(path) < 0 ? NULL : path;
}

static int fillUp(int file, size_t size, unsigned char fill)
{
	unsigned char block[4096];
	off_t end = lseek(file, 0, SEEK_END);
	memset(block, fill, sizeof(block));
	while (end >= 0 && (size_t)end < size) {
		size_t part = size - (size_t)end < sizeof(block) ? size - (size_t)end : sizeof(block);
		ssize_t written = write(file, block, part);
		if (written <= 0)
			return -1;
		end += written;
	}
	return end < 0 ? -1 : 0;
}

void* stateMap(const char* name, size_t size, unsigned char fill)
{
	char path[statePathSize];
	void* memory = MAP_FAILED;
	int file;
	if (!statePath(path, name))
		return NULL;
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (file < 0)
		return NULL;
	if (fillUp(file, size, fill) == 0)
		memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	close(file);
	return memory == MAP_FAILED ? NULL : memory;
}

/* See host-file.h. */
#include "host-file.h"
#include "../board.h"
#include "../straps.h"

#include <string.h>

enum { semihostingSeek = 0x0A, semihostingLength = 0x0C };
enum { most = 2 };

static HostFile* opened[most];
static int count;

static long openFile(HostFile* file)
{
	enum { updateBinary = 3 };
	const char* path = strap(file->strap);
	if (!path || count == most)
		return -1;
	uintptr_t arguments[3] = {(uintptr_t)path, updateBinary, strlen(path)};
	long handle = semihosting(semihostingOpen, arguments);
	if (handle < 0)
		return -1;
	uintptr_t length[1] = {(uintptr_t)handle};
	file->size = (uint32_t)semihosting(semihostingLength, length);
	opened[count++] = file;
	return handle;
}

/* At a place of the file. */
static int transfer(HostFile* file, long operation, uint32_t offset, uintptr_t bytes, uint32_t size)
{
	uint32_t all = hostFileSize(file);
	if (file->handle < 0 || offset > all || size > all - offset)
		return -1;
	uintptr_t seek[2] = {(uintptr_t)file->handle, offset};
	uintptr_t arguments[3] = {(uintptr_t)file->handle, bytes, size};
	/* What isn't 0 is the number of bytes that are missing. */
	return semihosting(semihostingSeek, seek) || semihosting(operation, arguments) ? -1 : 0;
}

uint32_t hostFileSize(HostFile* file)
{
	if (!file->handle)
		file->handle = openFile(file);
	return file->handle < 0 ? 0 : file->size;
}

int hostFileRead(HostFile* file, uint32_t offset, void* into, uint32_t size)
{
	return transfer(file, semihostingRead, offset, (uintptr_t)into, size);
}

int hostFileWrite(HostFile* file, uint32_t offset, const void* bytes, uint32_t size)
{
	return transfer(file, semihostingWrite, offset, (uintptr_t)bytes, size);
}

void hostFilesClose(void)
{
	while (count) {
		HostFile* file = opened[--count];
		uintptr_t arguments[1] = {(uintptr_t)file->handle};
		semihosting(semihostingClose, arguments);
		file->handle = 0;
	}
}

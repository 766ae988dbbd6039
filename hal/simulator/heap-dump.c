/*
 * XS's memory in a file, for tests that look for what must not be in it: every chunk and slot, the stack, and what is free
 * of them, where old values may still lie. Nothing is collected or moved before.
 */
#include "device.h"
#include "events.h"
#include "options.h"
#include "../xs/memory.h"

#include <fcntl.h>
#include <unistd.h>

typedef struct {
	int file;
	size_t written;
	int failed;
} Output;

static void put(const void* memory, size_t size, void* data)
{
	Output* output = data;
	const char* from = memory;
	while (size && !output->failed) {
		ssize_t sent = write(output->file, from, size);
		if (sent <= 0) {
			output->failed = 1;
			return;
		}
		from += sent;
		size -= (size_t)sent;
		output->written += (size_t)sent;
	}
}

void heapWrite(void)
{
	Output output = {.file = options.heap ? open(options.heap, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1};
	output.failed = output.file < 0;
	memoryPieces(put, &output);
	if (output.file >= 0 && close(output.file))
		output.failed = 1;
	eventWrite("heap", "\"bytes\":%zu", output.failed ? 0 : output.written);
}

/*
 * embedded:io/serial: the second UART, whose other end is the supervisor's (a pty or a TCP port, `--serial`).
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../xs/memory.h"
#include "../options.h"
#include "object.h"
#include "stream.h"

#define PORT_NUMBER 1
#define PORT_NAME "console"
#define BAUD_LEAST 300
#define BAUD_MOST 5000000

typedef struct {
	Object object;
	Stream* stream;
} Serial;

void xs_serial_destructor(void* data);
static const xsHostHooks serialHooks = { xs_serial_destructor, objectMark, NULL };

/* One object at a time has the port. */
static Serial* owner;

static void callReadable(xsMachine* the, void* data)
{
	Serial* serial = data;
	size_t bytes = streamReadable(serial->stream);
	hostCallbackInteger(the, &serial->object.self, &serial->object.onReadable, (xsIntegerValue)bytes);
}

static void callWritable(xsMachine* the, void* data)
{
	Serial* serial = data;
	size_t bytes = streamRoom(serial->stream);
	hostCallbackInteger(the, &serial->object.self, &serial->object.onWritable, (xsIntegerValue)bytes);
}

static void onReadable(Stream* stream, size_t bytes)
{
	(void)bytes;
	hostRun(callReadable, stream->owner);
}

static void onWritable(Stream* stream, size_t bytes)
{
	(void)bytes;
	hostRun(callWritable, stream->owner);
}

/* A wire has no end: only the supervisor's death ends it, and that is the device's, too. */
static void onEnded(Stream* stream)
{
	(void)stream;
}

static const StreamEvents events = { onReadable, onWritable, onEnded };

enum { varOption, varReadable, varWritable, varError, varCount };

static void checkPort(xsMachine* the)
{
	if (!option(the, xsID_port, varOption))
		xsTypeError("port is needed");
	xsType type = xsmcTypeOf(xsVar(varOption));
	int isKnown = xsStringType == type || xsStringXType == type
		? !strcmp(xsmcToString(xsVar(varOption)), PORT_NAME)
		: PORT_NUMBER == integerOf(the, &xsVar(varOption), 0, 255);
	if (!isKnown)
		xsRangeError("port: %d or \"%s\"", PORT_NUMBER, PORT_NAME);
}

void xs_serial_constructor(xsMachine* the)
{
	int baud;
	xsmcVars(varCount);
	optionsNeeded(the);
	optionCallbacks(the, varReadable);
	Format format = option(the, xsID_format, varOption) ? formatOf(the, &xsVar(varOption)) : formatNumber;
	checkPort(the);
	if (!optionInteger(the, xsID_baud, varOption, BAUD_LEAST, BAUD_MOST, &baud))
		xsTypeError("baud is needed");
	if (option(the, xsID_target, varOption))
		xsmcSet(xsThis, xsID_target, xsVar(varOption));
	if (uartFd < 0)
		xsUnknownError("port: nothing is connected (--serial)");
	if (owner)
		xsUnknownError("port: in use");

	Serial* serial = hostAllocate(sizeof *serial);
	Stream* stream = streamNew(&events, serial);
	int fd = serial && stream ? fcntl(uartFd, F_DUPFD_CLOEXEC, 0) : -1;
	if (fd < 0) {
		if (stream)
			streamAbort(stream);
		hostFree(serial);
		xsUnknownError("no memory");
	}
	serial->object.format = (uint8_t)format;
	serial->stream = stream;
	streamAttach(stream, fd, NULL);
	owner = serial;
	xsmcSetHostData(xsThis, serial);
	xsSetHostHooks(xsThis, &serialHooks);
	objectBegin(the, &serial->object, varReadable);
}

void xs_serial_destructor(void* data)
{
	Serial* serial = data;
	if (!serial)
		return;
	if (owner == serial)
		owner = NULL;
	streamClose(serial->stream);
	taskDefer(hostFree, serial);
}

void xs_serial_close(xsMachine* the)
{
	Serial* serial = xsmcGetHostDataValidate(xsThis, (void*)&serialHooks);
	if (!serial)
		return;
	xsmcSetHostData(xsThis, NULL);
	objectEnd(the, &serial->object);
	xs_serial_destructor(serial);
}

static Serial* opened(xsMachine* the)
{
	Serial* serial = xsmcGetHostDataValidate(xsThis, (void*)&serialHooks);
	if (!serial)
		xsUnknownError("closed");
	return serial;
}

void xs_serial_read(xsMachine* the)
{
	Serial* serial = opened(the);
	Stream* stream = serial->stream;
	streamSkip(stream, readResult(the, serial->object.format, streamPeek(stream), streamReadable(stream)));
}

void xs_serial_write(xsMachine* the)
{
	Serial* serial = opened(the);
	uint8_t byte;
	size_t size;
	const void* bytes = writeArgument(the, serial->object.format, &byte, &size);
	if (!streamWrite(serial->stream, bytes, size))
		xsUnknownError("doesn't fit");
}

/* (input, output): which of the two to empty; both without arguments */
void xs_serial_flush(xsMachine* the)
{
	Serial* serial = opened(the);
	int input = xsmcTest(xsArg(0)), output = xsmcTest(xsArg(1));
	if (xsUndefinedType == xsmcTypeOf(xsArg(0)) && xsUndefinedType == xsmcTypeOf(xsArg(1)))
		input = output = 1;
	streamDrop(serial->stream, input, output);
}

void xs_serial_get_format(xsMachine* the)
{
	xsmcSetString(xsResult, formatNumber == opened(the)->object.format ? "number" : "buffer");
}

void xs_serial_set_format(xsMachine* the)
{
	Serial* serial = opened(the);
	serial->object.format = (uint8_t)formatOf(the, &xsArg(0));
}

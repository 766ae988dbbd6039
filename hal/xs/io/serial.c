/*
 * embedded:io/serial: the face of line.h, the device's second UART.
 */
#include <string.h>

#include "../memory.h"
#include "../tasks.h"
#include "line.h"
#include "object.h"

#define PORT_NUMBER 1
#define PORT_NAME "console"
#define BAUD_LEAST 300
#define BAUD_MOST 5000000

typedef struct {
	Object object;
	Line* line;
} Serial;

void xs_serial_destructor(void* data);
static const xsHostHooks serialHooks = { xs_serial_destructor, objectMark, NULL };

static void callReadable(xsMachine* the, void* data)
{
	Serial* serial = data;
	size_t bytes = lineReadable(serial->line);
	hostCallbackInteger(the, &serial->object.self, &serial->object.onReadable, (xsIntegerValue)bytes);
}

static void callWritable(xsMachine* the, void* data)
{
	Serial* serial = data;
	size_t bytes = lineRoom(serial->line);
	hostCallbackInteger(the, &serial->object.self, &serial->object.onWritable, (xsIntegerValue)bytes);
}

static void onReadable(void* serial, size_t bytes)
{
	hostRun(callReadable, serial);
}

static void onWritable(void* serial, size_t bytes)
{
	hostRun(callWritable, serial);
}

static const LineEvents events = { onReadable, onWritable };

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
	const char* wrong;
	xsmcVars(varCount);
	optionsNeeded(the);
	optionCallbacks(the, varReadable);
	Format format = option(the, xsID_format, varOption) ? formatOf(the, &xsVar(varOption)) : formatNumber;
	checkPort(the);
	if (!optionInteger(the, xsID_baud, varOption, BAUD_LEAST, BAUD_MOST, &baud))
		xsTypeError("baud is needed");
	if (option(the, xsID_target, varOption))
		xsmcSet(xsThis, xsID_target, xsVar(varOption));
	Serial* serial = hostAllocate(sizeof *serial);
	if (!serial)
		xsUnknownError("no memory");
	serial->object.format = (uint8_t)format;
	serial->line = lineOpen((uint32_t)baud, &events, serial, &wrong);
	if (!serial->line) {
		hostFree(serial);
		xsUnknownError("port: %s", wrong);
	}
	xsmcSetHostData(xsThis, serial);
	xsSetHostHooks(xsThis, &serialHooks);
	objectBegin(the, &serial->object, varReadable);
}

void xs_serial_destructor(void* data)
{
	Serial* serial = data;
	if (!serial)
		return;
	lineClose(serial->line);
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

static void take(void* line, void* into, size_t bytes)
{
	lineTake(line, into, bytes);
}

void xs_serial_read(xsMachine* the)
{
	Serial* serial = opened(the);
	readResult(the, serial->object.format, lineReadable(serial->line), take, serial->line);
}

void xs_serial_write(xsMachine* the)
{
	Serial* serial = opened(the);
	uint8_t byte;
	size_t size;
	const void* bytes = writeArgument(the, serial->object.format, &byte, &size);
	if (!lineWrite(serial->line, bytes, size))
		xsUnknownError("doesn't fit");
}

/* (input, output): which of the two to empty; both without arguments */
void xs_serial_flush(xsMachine* the)
{
	Serial* serial = opened(the);
	int input = xsmcTest(xsArg(0)), output = xsmcTest(xsArg(1));
	if (xsUndefinedType == xsmcTypeOf(xsArg(0)) && xsUndefinedType == xsmcTypeOf(xsArg(1)))
		input = output = 1;
	lineDrop(serial->line, input, output);
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

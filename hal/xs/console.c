/* `trace`, `console`, and what C prints. */
#include "console.h"
#include "globals.h"
#include "host.h"
#include "port.h"

#include <stdio.h>
#include <string.h>

enum { lineSize = 256 };

void consoleText(const char* text, size_t size)
{
	portConsole(text, size);
}

int consoleVPrint(const char* format, va_list arguments)
{
	char line[lineSize];
	int size = vsnprintf(line, sizeof(line), format, arguments);
	if (size > 0)
		consoleText(line, (size_t)size < sizeof(line) ? (size_t)size : sizeof(line) - 1);
	return size;
}

int consolePrint(const char* format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int size = consoleVPrint(format, arguments);
	va_end(arguments);
	return size;
}

void hostLog(const char* format, ...)
{
	char line[lineSize];
	va_list arguments;
	va_start(arguments, format);
	int size = vsnprintf(line, sizeof(line) - 1, format, arguments);
	va_end(arguments);
	if (size < 0)
		return;
	if (size > lineSize - 2)
		size = lineSize - 2;
	line[size] = '\n';
	consoleText(line, (size_t)size + 1);
}

/* To the console, and to the debugger if one is attached (that is all that fxReport does here: mxNoConsole). */
static void say(xsMachine* the, char* text)
{
	consoleText(text, strlen(text));
	fxReport(the, "%s", text);
}

static void values(xsMachine* the, char* between, char* end)
{
	xsmcVars(1);
	for (xsIntegerValue i = 0; i < xsmcArgc; i++) {
		if (i)
			say(the, between);
		/* A symbol has no string: its description says enough. */
		if (xsmcTypeOf(xsArg(i)) == xsSymbolType) {
			xsmcGet(xsVar(0), xsArg(i), xsID_description);
			xsArg(i) = xsVar(0);
		}
		say(the, xsmcToString(xsArg(i)));
	}
	say(the, end);
}

static void traceValues(xsMachine* the)
{
	values(the, "", "");
}

static void logValues(xsMachine* the)
{
	values(the, " ", "\n");
}

void consoleInstall(xsMachine* the)
{
	xsmcVars(2);
	xsVar(0) = xsNewHostFunction(traceValues, 1);
	xsmcDefine(xsGlobal, xsID_trace, xsVar(0), xsDontEnum);
	xsVar(0) = xsNewHostFunction(logValues, 1);
	xsVar(1) = xsNewObject();
	xsmcDefine(xsVar(1), xsID_log, xsVar(0), xsDefault);
	xsmcDefine(xsVar(1), xsID_info, xsVar(0), xsDefault);
	xsmcDefine(xsVar(1), xsID_warn, xsVar(0), xsDefault);
	xsmcDefine(xsVar(1), xsID_error, xsVar(0), xsDefault);
	xsmcDefine(xsVar(1), xsID_debug, xsVar(0), xsDefault);
	xsmcDefine(xsGlobal, xsID_console, xsVar(1), xsDontEnum);
}

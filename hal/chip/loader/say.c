/* See say.h. */
#include "say.h"
#include "../board.h"

#include <stdarg.h>
#include <stdio.h>

static void text(const char* p)
{
	for (; *p; p++)
		uartSend(0, (uint8_t)*p);
}

void say(const char* format, ...)
{
	char line[256];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	text("# loader: ");
	text(line);
	text("\n");
}

/* See events.h. */

#include "events.h"
#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void eventWrite(const char* name, const char* format, ...)
{
	char line[4000];
	va_list arguments;
	if (options.events < 0)
		return;
	int used = snprintf(line, sizeof(line), "{\"event\":\"%s\"%s", name, format[0] ? "," : "");
	va_start(arguments, format);
	int more = vsnprintf(line + used, sizeof(line) - 3 - (size_t)used, format, arguments);
	va_end(arguments);
	if (more < 0 || (size_t)(used + more) > sizeof(line) - 4)
		return;
	used += more;
	line[used++] = '}';
	line[used++] = '\n';
	if (write(options.events, line, (size_t)used) < 0)
		options.events = -1;
}

char* eventString(char* to, size_t size, const char* text)
{
	size_t used = 0;
	to[used++] = '"';
	for (const unsigned char* p = (const unsigned char*)text; *p && used + 8 < size; p++) {
		if (*p == '"' || *p == '\\') {
			to[used++] = '\\';
			to[used++] = (char)*p;
		}
		else if (*p < 0x20)
			used += (size_t)sprintf(to + used, "\\u%04x", *p);
		else
			to[used++] = (char)*p;
	}
	to[used++] = '"';
	to[used] = 0;
	return to;
}

char* eventFigures(char* to, size_t size, const Figures* it)
{
	snprintf(to, size,
		"\"slots\":%u,\"slotsPeak\":%u,\"chunks\":%u,\"chunksPeak\":%u,\"stack\":%u,\"stackPeak\":%u,"
		"\"native\":%u,\"nativePeak\":%u,\"collections\":%u",
		it->slots, it->slotsPeak, it->chunks, it->chunksPeak, it->stack, it->stackPeak, it->native, it->nativePeak,
		it->collections);
	return to;
}

/* The device's console: lines of text. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdarg.h>
#include <stddef.h>

/* Text as it is; the platform sends it on. */
void consoleText(const char* text, size_t size);
int consolePrint(const char* format, ...) __attribute__((format(printf, 1, 2)));
int consoleVPrint(const char* format, va_list arguments);

#endif

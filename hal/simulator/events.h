/* JSON lines on --events-fd, for tools/simulator; nothing happens without the option. */
#ifndef EVENTS_H
#define EVENTS_H

#include <stddef.h>

#include "../xs/retained.h"

/* `{"event":"<name>",<rest>}`; rest is printf's, made of JSON members; "" for none. One write a line. */
void eventWrite(const char* name, const char* format, ...) __attribute__((format(printf, 2, 3)));
/* A string as JSON, with its quotes, cut to fit into `size`. Answers `to`. */
char* eventString(char* to, size_t size, const char* text);
/* The figures as JSON members. */
char* eventFigures(char* to, size_t size, const Figures* figures);

#endif

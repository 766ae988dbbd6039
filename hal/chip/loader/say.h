/* The loader's words on the console: `# loader: …`, one line each. */
#ifndef SAY_H
#define SAY_H

void say(const char* format, ...) __attribute__((format(printf, 1, 2)));

#endif

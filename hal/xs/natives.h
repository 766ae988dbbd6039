/* Native functions by name, and `native` and `Native`, which give them to JavaScript. */
#ifndef NATIVES_H
#define NATIVES_H

#include <stdint.h>

typedef struct {
	const char* name;
	void (*function)(void); /* an xsCallback, or a destructor: the caller knows */
} Native;

/* Generated (generate.mjs): sorted bytewise by name. */
extern const Native nativeTable[];
extern const int nativeCount;
extern const char* const hostIDNames[];
extern uint16_t hostIDs[];
extern const int hostIDCount;

/* The function, or NULL. */
void (*nativeFind(const char* name))(void);

#endif

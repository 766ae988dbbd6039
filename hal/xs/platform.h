/*
 * XS's platform header (XSPLATFORM): what XS takes from the C library and from us. Simulator and chip share it.
 * 16-bit ids and plain UTF-8 (no mx32bitID, no mxCESU8): one byte code for every host, and the same ArrayBuffer.fromString
 * as in the Moddable SDK.
 */
#ifndef HAL_XS_PLATFORM_H
#define HAL_XS_PLATFORM_H

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The platform's fxCStackLimit (port.c): XS's own asks for /proc/self/maps at every RegExp, and finds nonsense there
 * under valgrind. */
#define mxUseDefaultCStackLimit 0
#define mxUseDefaultBuildKeys 1
#define mxUseDefaultSharedChunks 1

#define mxMachinePlatform \
	void* host; \
	void* waiterCondition; \
	void* waiterData; \
	void* waiterLink; \
	int promiseJobs; \
	int debugger;

#define C_PATH_MAX 256

/* XS's own C heap (names, dtoa, jumps): memory.c counts it, and puts it into the ROM area while that is made. */
void* xsMalloc(size_t size);
void* xsCalloc(size_t count, size_t size);
void* xsRealloc(void* data, size_t size);
void xsFree(void* data);
#define c_malloc xsMalloc
#define c_calloc xsCalloc
#define c_realloc xsRealloc
#define c_free xsFree
#define c_malloc_uint32 xsMalloc
#define c_free_uint32 xsFree

/* `Date` has the device's wall clock, Math.random a seed of its own at each start: library.c. */
#include <sys/time.h>
typedef struct timeval c_timeval;
#define c_timezone timezone
int xsTimeOfDay(c_timeval* time, void* zone);
#define c_gettimeofday xsTimeOfDay
int xsRandom(void);
#define c_rand xsRandom

/* What XS prints (reports of its collector, debug messages) goes to the device's console. */
int consolePrint(const char* format, ...);
int consoleVPrint(const char* format, va_list arguments);
#define c_printf consolePrint
#define c_vprintf consoleVPrint

#endif

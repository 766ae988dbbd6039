/*
 * What C of a platform (simulator, chip) calls to reach JavaScript. Classes that only compute need none of it:
 * they are written against xsmc.h and mc.xs.h alone, and serve the Moddable SDK, too.
 *
 * A callback in the making (loop's thread, no JavaScript below):
 *
 *     static void report(xsMachine* the, void* data) {
 *         Socket* socket = data;
 *         hostCallbackInteger(the, &socket->self, &socket->onReadable, socket->bytes);
 *     }
 *     hostRun(report, socket);
 *
 * `self` is the object (`socket->self = xsThis; xsRemember(socket->self)`, xsForget at close); `onReadable` the function
 * (`socket->onReadable = a copy of the slot), kept alive by the object's marker hook.
 */
#ifndef HOST_H
#define HOST_H

#include "xsmc.h"
#include "mc.xs.h"
#include "memory.h" /* hostAllocate, hostFree */

/* The device's machine. */
xsMachine* hostMachine(void);

/*
 * Enter JavaScript: `body` runs in a host frame of its own (xsmcVars allowed once). An exception that it doesn't catch
 * ends the machine as on the SDK: reset with reason "exception", last words kept. Afterwards promise jobs run until
 * there are none, and the job ends (WeakRefs). Inside another hostRun it's only the frame.
 */
void hostRun(void (*body)(xsMachine* the, void* data), void* data);

/*
 * Call `callback` (undefined or null: nothing happens) with `this` = `self` and argc arguments (xsSlot*). Works inside and
 * outside of hostRun; outside there's no frame that could hold an argument but primitive values.
 */
void hostCallback(xsMachine* the, xsSlot* self, xsSlot* callback, int argc, ...);
void hostCallbackInteger(xsMachine* the, xsSlot* self, xsSlot* callback, xsIntegerValue value);

/* One line on the console (adds the line feed), printf's way; up to 255 bytes. */
void hostLog(const char* format, ...) __attribute__((format(printf, 1, 2)));

#endif

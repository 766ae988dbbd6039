/* `native("xs_…")` and `Native("xs_…_destructor")`: see natives.h and hal/types/globals.d.ts. */
#include "natives.h"
#include "globals.h"
#include "rom.h"

#include <string.h>

void (*nativeFind(const char* name))(void)
{
	int low = 0, high = nativeCount;
	while (low < high) {
		int middle = (low + high) / 2, order = strcmp(name, nativeTable[middle].name);
		if (!order)
			return nativeTable[middle].function;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static void (*find(xsMachine* the))(void)
{
	void (*function)(void) = xsmcArgc > 0 ? nativeFind(xsmcToString(xsArg(0))) : NULL;
	if (!function)
		xsReferenceError("native: this platform has no %s", xsmcArgc > 0 ? xsmcToString(xsArg(0)) : "(no name)");
	return function;
}

static void native(xsMachine* the)
{
	void (*function)(void) = find(the);
	romNative((struct sxMachine*)the, xsmcToString(xsArg(0)), (void (*)(struct sxMachine*))function);
}

/* The base class's constructor: an object of the derived class, with its (still empty) C data. */
static void construct(xsMachine* the)
{
	if (xsmcTypeOf(xsTarget) != xsReferenceType)
		xsTypeError("Native: call it with new");
	xsmcVars(1);
	xsmcGet(xsVar(0), xsTarget, xsID_prototype);
	xsResult = xsNewHostInstance(xsVar(0));
}

static void nativeClass(xsMachine* the)
{
	void (*function)(void) = find(the);
	xsmcVars(1);
	xsVar(0) = xsNewHostObject((xsDestructor)function);
	xsResult = xsNewHostConstructor(construct, 0, xsVar(0));
}

void nativesInstall(xsMachine* the)
{
	xsmcVars(1);
	xsVar(0) = xsNewHostFunction(native, 1);
	xsmcDefine(xsGlobal, xsID_native, xsVar(0), xsDontEnum);
	xsVar(0) = xsNewHostFunction(nativeClass, 1);
	xsmcDefine(xsGlobal, xsID_Native, xsVar(0), xsDontEnum);
}

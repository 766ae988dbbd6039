/*
 * `Resource`: the image's data (hal/IMAGE.md, section DATA) as read-only bytes, in place, as on the SDK. No RAM but the
 * object's slots.
 */
#include "xsmc.h"
#include "mc.xs.h"

#include "image.h"
#include "modules.h"

void xs_resource_destructor(void* data)
{
	/* The bytes are the flash's. */
}

void xs_resource_constructor(xsMachine* the)
{
	Span span;
	if (!imageData(modulesImage(), xsmcToString(xsArg(0)), &span))
		xsReferenceError("the firmware has no resource %s", xsmcToString(xsArg(0)));
	xsmcSetHostBuffer(xsThis, (void*)span.data, (xsIntegerValue)span.size);
	xsmcPetrifyHostBuffer(xsThis);
}

void xs_resource_exists(xsMachine* the)
{
	Span span;
	xsmcSetBoolean(xsResult, imageData(modulesImage(), xsmcToString(xsArg(0)), &span));
}

void xs_resource_get_byteLength(xsMachine* the)
{
	xsmcSetInteger(xsResult, xsmcGetHostBufferLength(xsThis));
}

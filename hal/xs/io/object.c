#include "object.h"

#include <math.h>
#include <string.h>

void optionsNeeded(xsMachine* the)
{
	if (xsmcArgc < 1 || xsReferenceType != xsmcTypeOf(xsArg(0)))
		xsTypeError("options: an object is needed");
}

int option(xsMachine* the, xsIdentifier id, int variable)
{
	xsmcGet(xsVar(variable), xsArg(0), id);
	xsType type = xsmcTypeOf(xsVar(variable));
	return xsUndefinedType != type && xsNullType != type;
}

int optionString(xsMachine* the, xsIdentifier id, int variable, char* text, size_t size)
{
	if (!option(the, id, variable))
		return 0;
	xsType type = xsmcTypeOf(xsVar(variable));
	if (xsStringType != type && xsStringXType != type)
		xsTypeError("options: a string is needed");
	const char* string = xsmcToString(xsVar(variable));
	size_t length = strlen(string);
	if (!length || length >= size)
		xsRangeError("options: a string is empty or too long");
	memcpy(text, string, length + 1);
	return 1;
}

int integerOf(xsMachine* the, xsSlot* slot, int least, int most)
{
	xsType type = xsmcTypeOf(*slot);
	if (xsIntegerType != type && xsNumberType != type)
		xsTypeError("a number is needed");
	double value = xsmcToNumber(*slot);
	if (!(value >= least && value <= most) || value != floor(value))
		xsRangeError("a number is out of range");
	return (int)value;
}

int optionInteger(xsMachine* the, xsIdentifier id, int variable, int least, int most, int* value)
{
	if (!option(the, id, variable))
		return 0;
	*value = integerOf(the, &xsVar(variable), least, most);
	return 1;
}

Format formatOf(xsMachine* the, xsSlot* slot)
{
	const char* name = xsmcToString(*slot);
	if (!strcmp(name, "buffer"))
		return formatBuffer;
	if (strcmp(name, "number"))
		xsRangeError("format: \"number\" or \"buffer\"");
	return formatNumber;
}

static void callbackOption(xsMachine* the, xsIdentifier id, int variable)
{
	if (option(the, id, variable)) {
		if (!xsmcIsCallable(xsVar(variable)))
			xsTypeError("options: a callback is no function");
	} else
		xsmcSetUndefined(xsVar(variable));
}

void optionCallbacks(xsMachine* the, int first)
{
	callbackOption(the, xsID_onReadable, first);
	callbackOption(the, xsID_onWritable, first + 1);
	callbackOption(the, xsID_onError, first + 2);
}

static int hasCallback(xsMachine* the, Object* object)
{
	return fxToReference(the, &object->onReadable) || fxToReference(the, &object->onWritable) ||
		fxToReference(the, &object->onError);
}

void objectBegin(xsMachine* the, Object* object, int first)
{
	object->self = xsThis;
	object->onReadable = xsVar(first);
	object->onWritable = xsVar(first + 1);
	object->onError = xsVar(first + 2);
	/* Who has callbacks lives until it's closed; one that's only asked may be collected. */
	object->isHeld = hasCallback(the, object);
	if (object->isHeld)
		xsRemember(object->self);
}

void objectEnd(xsMachine* the, Object* object)
{
	if (!object->isHeld)
		return;
	object->isHeld = 0;
	xsForget(object->self);
}

static void markCallback(xsMachine* the, xsSlot* callback, xsMarkRoot mark)
{
	xsSlot* reference = fxToReference(the, callback);
	if (reference)
		(*mark)(the, reference);
}

void objectMark(xsMachine* the, void* data, xsMarkRoot mark)
{
	Object* object = data;
	markCallback(the, &object->onReadable, mark);
	markCallback(the, &object->onWritable, mark);
	markCallback(the, &object->onError, mark);
}

static void setText(xsMachine* the, int object, xsIdentifier id, int variable, const char* text)
{
	xsmcSetString(xsVar(variable), (char*)text);
	xsmcDefine(xsVar(object), id, xsVar(variable), xsDefault);
}

void makeError(xsMachine* the, int variable, const char* what, const char* code, const char* retry, const char* detail)
{
	xsmcSetString(xsVar(variable + 1), (char*)what);
	xsmcNew(xsVar(variable), xsGlobal, xsID_Error, &xsVar(variable + 1), NULL);
	setText(the, variable, xsID_code, variable + 1, code);
	setText(the, variable, xsID_retry, variable + 1, retry);
	setText(the, variable, xsID_detail, variable + 1, detail);
}

void* bufferResult(xsMachine* the, size_t size)
{
	void* bytes;
	xsUnsignedValue count;
	xsmcSetArrayBuffer(xsResult, NULL, (xsIntegerValue)size);
	xsmcGetBufferWritable(xsResult, &bytes, &count);
	return bytes;
}

static int isNumber(xsMachine* the, xsSlot* slot)
{
	xsType type = xsmcTypeOf(*slot);
	return xsIntegerType == type || xsNumberType == type;
}

static void readInto(xsMachine* the, xsSlot* buffer, size_t available, Take take, void* source)
{
	void* into;
	xsUnsignedValue size;
	xsmcGetBufferWritable(*buffer, &into, &size);
	if (!available)
		return;
	if (available > size)
		available = size;
	(*take)(source, into, available);
	xsmcSetInteger(xsResult, (xsIntegerValue)available);
}

void readResult(xsMachine* the, Format format, size_t available, Take take, void* source)
{
	if (formatNumber == format) {
		uint8_t byte;
		if (!available)
			return;
		(*take)(source, &byte, 1);
		xsmcSetInteger(xsResult, byte);
		return;
	}
	int hasArgument = xsmcArgc > 0 && xsUndefinedType != xsmcTypeOf(xsArg(0));
	if (hasArgument && !isNumber(the, &xsArg(0))) {
		readInto(the, &xsArg(0), available, take, source);
		return;
	}
	if (hasArgument) {
		size_t wanted = (size_t)integerOf(the, &xsArg(0), 0, 0x7fffffff);
		if (available > wanted)
			available = wanted;
	}
	if (available)
		(*take)(source, bufferResult(the, available), available);
}

const void* writeArgument(xsMachine* the, Format format, uint8_t* byte, size_t* size)
{
	if (xsmcArgc < 1)
		xsTypeError("write: nothing given");
	if (formatNumber == format) {
		*byte = (uint8_t)integerOf(the, &xsArg(0), 0, 255);
		*size = 1;
		return byte;
	}
	void* bytes;
	xsUnsignedValue count;
	xsmcGetBufferReadable(xsArg(0), &bytes, &count);
	*size = count;
	return bytes;
}

/*
 * What the ECMA-419 classes in C share: reading options, formats, callbacks, life of the object.
 *
 * A constructor first reads and checks every option (getters and conversions may throw), and only then allocates.
 */
#ifndef IO_OBJECT_H
#define IO_OBJECT_H

#include <stddef.h>
#include <stdint.h>

#include "../host.h"

typedef enum { formatNumber, formatBuffer } Format;

/* The JavaScript side of an object: itself and its callbacks. First member of the class's struct. */
typedef struct {
	xsSlot self;
	xsSlot onReadable;
	xsSlot onWritable;
	xsSlot onError;
	uint8_t isHeld;
	uint8_t format;
} Object;

/* Of xsArg(0), in the constructor's frame; `variable` is the index of an xsVar for it. */
void optionsNeeded(xsMachine* the);
/* 0 when it's undefined, else its slot is in xsVar(variable). */
int option(xsMachine* the, xsIdentifier id, int variable);
/* Same, a string of less than `size` bytes, copied. @throws TypeError, RangeError */
int optionString(xsMachine* the, xsIdentifier id, int variable, char* text, size_t size);
/* Same, an integer. @throws TypeError, RangeError */
int optionInteger(xsMachine* the, xsIdentifier id, int variable, int least, int most, int* value);
int integerOf(xsMachine* the, xsSlot* slot, int least, int most);
Format formatOf(xsMachine* the, xsSlot* slot);

/* xsVar(first …  + 2) = onReadable, onWritable, onError (undefined where there's none). @throws TypeError */
void optionCallbacks(xsMachine* the, int first);
/* After everything was checked: `object` becomes xsThis's; its callbacks come from xsVar(first …). */
void objectBegin(xsMachine* the, Object* object, int first);
/* Let the collector have it. */
void objectEnd(xsMachine* the, Object* object);
/* For xsHostHooks.marker. */
void objectMark(xsMachine* the, void* data, xsMarkRoot mark);

/* An Error with `code`, `retry` and `detail` in xsVar(variable), which uses xsVar(variable + 1), too. */
void makeError(xsMachine* the, int variable, const char* what, const char* code, const char* retry, const char* detail);

/* xsResult = an ArrayBuffer of `size` bytes. @returns where they are, until XS allocates */
void* bufferResult(xsMachine* the, size_t size);

/*
 * The face of a read: what `read()`'s argument asks for of the `available` bytes of `source` goes to xsResult (undefined
 * when there are none); `take` copies them out of there.
 */
typedef void (*Take)(void* source, void* into, size_t bytes);
void readResult(xsMachine* the, Format format, size_t available, Take take, void* source);
/* The bytes of a write's argument. In format "number" they are put into `byte`. Valid until XS allocates. */
const void* writeArgument(xsMachine* the, Format format, uint8_t* byte, size_t* size);

#endif

/* How a machine ends: exceptions that nobody took, memory full, stack overflow. Each is a reset with its last words. */
#include "xsAll.h"
#include "console.h"
#include "host.h"
#include "machine.h"
#include "port.h"

enum { stackSize = retainedStackSize };

static const char* functionName(txMachine* the, txSlot* frame)
{
	txSlot* function = frame + 3;
	if (function->kind != XS_REFERENCE_KIND || !mxIsFunction(function->value.reference))
		return NULL;
	txSlot* name = mxBehaviorGetProperty(the, function->value.reference, mxID(_name), 0, XS_OWN);
	if (name && (name->kind == XS_STRING_KIND || name->kind == XS_STRING_X_KIND) && name->value.string[0])
		return name->value.string;
	txSlot* code = mxFunctionInstanceCode(function->value.reference);
	return code->ID != XS_NO_ID ? fxGetKeyName(the, code->ID) : NULL;
}

/* One call as a line without its end; 0 for what isn't worth a line. */
static int frameLine(txMachine* the, txSlot* frame, char* line, size_t size)
{
	txSlot* environment = mxFrameToEnvironment(frame);
	const char* name = functionName(the, frame);
	if (environment->ID != XS_NO_ID)
		return snprintf(line, size, " at %s (%s:%d)", name ? name : "(anonymous)", fxGetKeyName(the, environment->ID),
			(int)environment->value.environment.line);
	return name ? snprintf(line, size, " at %s", name) : 0;
}

static size_t frameAppend(char* text, size_t used, size_t size, const char* line, int repeated)
{
	int length = repeated > 1 ? snprintf(text + used, size - used, "%s %d times\n", line, repeated)
							  : snprintf(text + used, size - used, "%s\n", line);
	if (length < 0 || (size_t)length >= size - used) {
		text[used] = 0; /* whole lines only */
		return size;
	}
	return used + (size_t)length;
}

void machineFrames(char* text, size_t size)
{
	txMachine* the = hostMachine();
	char line[160] = "", former[160] = "";
	int repeated = 0;
	size_t used = 0;
	text[0] = 0;
	for (txSlot* frame = the ? the->frame : NULL; frame && frame->next && used < size; frame = frame->next) {
		if (frameLine(the, frame, line, sizeof(line)) <= 0)
			continue;
		if (repeated && strcmp(line, former))
			used = frameAppend(text, used, size, former, repeated), repeated = 0;
		strcpy(former, line);
		repeated++;
	}
	if (repeated && used < size)
		frameAppend(text, used, size, former, repeated);
}

void machineEnd(ResetReason reason, const char* message, const char* stack)
{
	Figures figures;
	char frames[stackSize];
	if (!retainedLeft()) {
		if (!stack) {
			machineFrames(frames, sizeof(frames));
			stack = frames;
		}
		machineFigures(&figures);
		retainedLeave(reason, message, stack, &figures, (uint32_t)(portMicroseconds() / 1000));
		hostLog("# %s: %s", retainedReasonName(reason), message);
		if (stack[0])
			consoleText(stack, strlen(stack));
		if (stack[0] && stack[strlen(stack) - 1] != '\n')
			consoleText("\n", 1);
		if (reason == resetMemory || reason == resetStack)
			hostLog("# slots %u (peak %u), chunks %u (peak %u), stack peak %u of %u, native %u bytes",
				figures.slots, figures.slotsPeak, figures.chunks, figures.chunksPeak, figures.stackPeak,
				figures.stack, figures.native);
	}
	portReset();
}

/* The exception's own words: `String(error)` and `error.stack`, either of which may throw in turn. */
static void exceptionText(txMachine* machine, char* message, size_t messageSize, char* stack, size_t stackSize_)
{
	message[0] = stack[0] = 0;
	xsBeginHost(machine);
	xsmcVars(2);
	xsVar(0) = xsException;
	xsTry {
		xsVar(1) = xsVar(0); /* becomes the string */
		snprintf(message, messageSize, "%s", xsmcToString(xsVar(1)));
	}
	xsCatch {
		snprintf(message, messageSize, "(an exception without words)");
	}
	if (xsmcTypeOf(xsVar(0)) == xsReferenceType) {
		xsTry {
			xsmcGet(xsVar(1), xsVar(0), xsID_stack);
			if (xsmcTypeOf(xsVar(1)) != xsUndefinedType)
				snprintf(stack, stackSize_, "%s", xsmcToString(xsVar(1)));
		}
		xsCatch {
			stack[0] = 0;
		}
	}
	xsEndHost(machine);
}

/* XS gives the stack as "\n at name (file:line)" per call, behind the message: keep the calls. */
static const char* calls(const char* stack)
{
	const char* at = strstr(stack, "\n at ");
	return at ? at + 1 : stack;
}

static void unhandledRejection(txMachine* the)
{
	char message[retainedMessageSize], stack[stackSize];
	exceptionText(the, message, sizeof(message), stack, sizeof(stack));
	hostLog("# unhandled rejection: %s", message);
	if (stack[0])
		hostLog("%s", calls(stack));
}

static void unhandledException(txMachine* the)
{
	char message[retainedMessageSize], stack[stackSize];
	exceptionText(the, message, sizeof(message), stack, sizeof(stack));
	machineEnd(resetException, message, calls(stack));
}

void fxAbort(txMachine* the, int status)
{
	static int ending;
	if (status == XS_UNHANDLED_REJECTION_EXIT) {
		unhandledRejection(the);
		return;
	}
	/* What fails while an end is being written down must not begin another one. */
	if (ending++)
		machineEnd(resetUnknown, "failed while ending", "");
	switch (status) {
	case XS_UNHANDLED_EXCEPTION_EXIT: unhandledException(the); break;
	case XS_NOT_ENOUGH_MEMORY_EXIT:
		machineEnd(resetMemory, the->freeHeap ? "out of memory (chunks)" : "out of memory (slots)", NULL);
	case XS_NO_MORE_KEYS_EXIT: machineEnd(resetMemory, "out of keys (names of properties)", NULL);
	case XS_STACK_OVERFLOW_EXIT: machineEnd(resetStack, "stack overflow", NULL);
	case XS_DEBUGGER_EXIT: machineEnd(resetSoftware, "by the debugger", "");
	default: machineEnd(resetException, "XS gave up", NULL);
	}
}

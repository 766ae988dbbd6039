/* The record that survives a reset: see retained.h. */
#include "retained.h"

#include <string.h>

static Retained* retained;
static int left;

static LastWords* present(void)
{
	return &retained->records[retained->present & 1];
}

void retainedStart(Retained* memory)
{
	retained = memory;
	left = 0;
	if (retained->magic != retainedMagic) {
		memset(retained, 0, sizeof(*retained));
		retained->magic = retainedMagic;
		retained->reason = resetPowerOn;
	}
	else {
		retained->reason = present()->reason;
		retained->present ^= 1;
	}
	memset(present(), 0, sizeof(LastWords));
}

ResetReason retainedReason(void)
{
	return (ResetReason)retained->reason;
}

const LastWords* retainedLast(void)
{
	return retained->reason == resetPowerOn ? NULL : &retained->records[(retained->present & 1) ^ 1];
}

const char* retainedReasonName(uint32_t reason)
{
	static const char* const names[] = {"unknown", "power-on", "software", "watchdog", "exception", "memory", "stack"};
	return names[reason < sizeof(names) / sizeof(names[0]) ? reason : resetUnknown];
}

/* Cut at a character's start, so that what is kept stays UTF-8. */
static void copy(char* to, const char* from, size_t size)
{
	size_t length = strlen(from);
	if (length >= size) {
		length = size - 1;
		while (length && ((unsigned char)from[length] & 0xC0) == 0x80)
			length--;
	}
	memcpy(to, from, length);
	to[length] = 0;
}

void retainedNote(const char* line)
{
	LastWords* words = present();
	copy(words->lines[words->lineNext % retainedLines], line, retainedLineSize);
	words->lineNext++;
}

void retainedLeave(ResetReason reason, const char* message, const char* stack, const Figures* figures, uint32_t uptime)
{
	LastWords* words = present();
	if (left)
		return;
	left = 1;
	words->reason = reason;
	words->uptime = uptime;
	if (message)
		copy(words->message, message, sizeof(words->message));
	if (stack)
		copy(words->stack, stack, sizeof(words->stack));
	if (figures)
		words->figures = *figures;
}

int retainedLeft(void)
{
	return left;
}

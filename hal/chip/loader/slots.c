/* See slots.h. */
#include "slots.h"
#include "../../xs/bytes.h"
#include "../../xs/flash.h"
#include "../board.h"
#include "say.h"

#include <string.h>

enum { codeOffset = 0x400, sectionsMost = 16 };

BoardRow board;
static ImageHeader loaded;

uint32_t slotRoom(const Partition* partition)
{
	uint32_t window = (uint32_t)(_window_end - _window_start);
	return partition->size < window ? partition->size : window;
}

static int readWindow(void* context, uint32_t offset, void* into, uint32_t size)
{
	(void)context;
	memcpy(into, _window_start + offset, size);
	return 0;
}

/* Whether the window's image has machine code where we would jump. */
static int hasCode(void)
{
	const uint8_t* p = _window_start + imageHeaderSize;
	uint32_t count = u32(p);
	for (p += 4; count && count <= sectionsMost; count--, p += 12)
		if (!memcmp(p, "CODE", 4) && u32(p + 4) == codeOffset && u32(p + 8))
			return 1;
	return 0;
}

static const char* check(void* context, const Partition* partition)
{
	(void)context;
	uint32_t room = slotRoom(partition);
	const char* wrong = "the flash can't be read";
	if (flashRead(partition->offset, _window_start, imageHeaderSize))
		return wrong;
	if ((wrong = imageHeaderRead(&loaded, _window_start, room, board.name[0] ? board.name : NULL)))
		return wrong;
	if (flashRead(partition->offset + imageHeaderSize, _window_start + imageHeaderSize, loaded.size - imageHeaderSize))
		return "the flash can't be read";
	/* Of the very bytes that run. */
	if ((wrong = imageHeaderDigest(&loaded, readWindow, NULL)))
		return wrong;
	return hasCode() ? NULL : "the image has no code for a chip in it";
}

static void tell(void* context, const char* line)
{
	(void)context;
	say("%s", line);
}

const BootHost slotsHost = {check, tell, NULL};

const ImageHeader* slotLoaded(void)
{
	return &loaded;
}

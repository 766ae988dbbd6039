/* The slots as the boot rules see them here: an image is loaded where it runs, and judged there. */
#ifndef SLOTS_H
#define SLOTS_H

#include "../../xs/boot.h"
#include "../../xs/image-header.h"
#include "table.h"

/* The board whose images may start here; "" any. */
extern BoardRow board;

/* For bootChoose: what it answers lies in the window, and is what its header says. */
extern const BootHost slotsHost;
/* The most that an image may have in this slot. */
uint32_t slotRoom(const Partition* partition);
/* Of the image loaded last. */
const ImageHeader* slotLoaded(void);

#endif

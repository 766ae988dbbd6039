/* The serial line's part in the loop. */
#ifndef LINE_POLL_H
#define LINE_POLL_H

#include <stdint.h>

/* For loopPoll. */
uint32_t linePoll(void);

#endif

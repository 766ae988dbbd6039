/* The partition table's sector: ESP-IDF's table, and the row that says which board it is (hal/BURN.md, section 5). */
#ifndef TABLE_H
#define TABLE_H

#include <stdint.h>

enum { boardRowSize = 64 };

typedef struct {
	char name[33];      /* "": the flash doesn't say */
	uint32_t flashSize; /* 0: likewise */
} BoardRow;

typedef enum { tableWritten, tableBad, tableOther, tableFlashFailed } TableResult;

/* NULL: there's a table that is right, and `board` says whose; else what is wrong. */
const char* tableRead(BoardRow* board);
/*
 * Write board row and table (its rows, the last one with their MD5). `wrong` says why not. A table that is right already is
 * never replaced: what lies in the flash lies where it says.
 */
TableResult tableWrite(const uint8_t* bytes, uint32_t size, const char** wrong);

#endif

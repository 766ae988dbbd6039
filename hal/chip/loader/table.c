/* See table.h. */
#include "table.h"
#include "../../xs/boot.h"
#include "../../xs/bytes.h"
#include "../../xs/digest.h"
#include "../../xs/flash.h"
#include "md5.h"

#include <string.h>

enum {
	sector = partitionTableOffset,
	firstFree = sector + FLASH_BLOCK,
	boardRowOffset = sector + partitionTableSize,
	boardMagic = 0x42584C42, /* "BLXB" */
	boardFormat = 1,
	rowsMost = partitionTableSize / partitionRecord,
	md5At = 16
};

/* The whole table, for its MD5: 3 KB that are only used at a start and when a table is written. */
static uint8_t table[partitionTableSize];

static int readBoard(const uint8_t row[boardRowSize], BoardRow* board)
{
	memset(board, 0, sizeof(*board));
	if (u32(row) != boardMagic || u32(row + 4) != boardFormat || crc32(row, boardRowSize - 4) != u32(row + boardRowSize - 4))
		return 0;
	board->flashSize = u32(row + 8);
	memcpy(board->name, row + 16, 32);
	return 1;
}

/* The rows of `size` bytes in their form, and with their MD5; `flashSize` 0: not known. NULL, or what is wrong. */
static const char* check(const uint8_t* bytes, uint32_t size, uint32_t flashSize, uint32_t* used)
{
	uint8_t digest[16];
	int slots = 0, records = 0;
	for (uint32_t at = 0; at + partitionRecord <= size; at += partitionRecord) {
		const uint8_t* p = bytes + at;
		if (p[0] == 0xEB && p[1] == 0xEB) {
			md5(bytes, at, digest);
			*used = at + partitionRecord;
			if (memcmp(digest, p + md5At, sizeof(digest)))
				return "the partition table is damaged (MD5)";
			if (!slots || !records)
				return "the partition table has no slot or no otadata";
			return NULL;
		}
		if (p[0] != 0xAA || p[1] != 0x50)
			break;
		uint32_t offset = u32(p + 4), length = u32(p + 8);
		if (offset < firstFree || offset % FLASH_BLOCK || !length || length % FLASH_BLOCK || length > UINT32_MAX - offset
			|| (flashSize && offset + length > flashSize))
			return "the partition table has a partition that can't be";
		for (uint32_t other = 0; other < at; other += partitionRecord) {
			uint32_t from = u32(bytes + other + 4);
			if (offset < from + u32(bytes + other + 8) && from < offset + length)
				return "the partition table has partitions that overlap";
		}
		slots += p[2] == 0 && (p[3] & 0xf0) == 0x10;
		records += p[2] == 1 && p[3] == 0 && length >= 2 * FLASH_BLOCK;
	}
	return "no partition table";
}

const char* tableRead(BoardRow* board)
{
	uint8_t row[boardRowSize];
	uint32_t used;
	memset(board, 0, sizeof(*board));
	if (flashRead(boardRowOffset, row, sizeof(row)) || flashRead(sector, table, sizeof(table)))
		return "the flash can't be read";
	readBoard(row, board);
	return check(table, sizeof(table), board->flashSize, &used);
}

TableResult tableWrite(const uint8_t* bytes, uint32_t size, const char** wrong)
{
	BoardRow board, present;
	uint8_t row[boardRowSize];
	uint32_t used;
	*wrong = "the board's row is damaged";
	if (size < boardRowSize || !readBoard(bytes, &board) || !board.flashSize)
		return tableBad;
	const uint8_t* rows = bytes + boardRowSize;
	if ((*wrong = check(rows, size - boardRowSize, board.flashSize, &used)))
		return tableBad;
	*wrong = "the partition table has bytes behind its MD5, or too many rows";
	if (used != size - boardRowSize || used > partitionTableSize)
		return tableBad;
	if (!tableRead(&present)) {
		int isSame = !flashRead(boardRowOffset, row, sizeof(row)) && !memcmp(row, bytes, sizeof(row))
			&& !memcmp(table, rows, used);
		*wrong = "the flash has another partition table";
		return isSame ? tableWritten : tableOther;
	}
	*wrong = "the flash failed";
	/* The row with the MD5 is the commit: without it there's no table, and all of this is done again. */
	if (flashErase(sector) || flashWrite(sector, rows, used - partitionRecord) || flashWrite(boardRowOffset, bytes, boardRowSize)
		|| flashWrite(sector + used - partitionRecord, rows + used - partitionRecord, partitionRecord) || tableRead(&present))
		return tableFlashFailed;
	return tableWritten;
}

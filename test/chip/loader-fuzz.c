/*
 * Anything into the boot loader's protocol (hal/chip/loader/{burn,frames,table,slots}.c), under the sanitizers: whole frames
 * with wrong payloads, cut ones, garbage, in any order. Nothing may be read or written outside, nothing may hang, and the
 * flash outside of slots, otadata and the table's sector must stay as it was.
 *
 *     loader-fuzz SEED ROUNDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../hal/chip/board.h"
#include "../../hal/chip/loader/burn.h"
#include "../../hal/chip/loader/frames.h"
#include "../../hal/chip/loader/idle.h"
#include "../../hal/chip/loader/md5.h"
#include "../../hal/chip/loader/say.h"
#include "../../hal/xs/boot.h"
#include "../../hal/xs/digest.h"
#include "../../hal/xs/flash.h"

#define FLASH_SIZE 0x40000
#define OTADATA 0xe000
#define SLOT0 0x10000
#define SLOT1 0x20000

static uint64_t state;

/* splitmix64 */
static uint32_t draw(void)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (uint32_t)(z ^ (z >> 31));
}

static void fail(const char* what)
{
	printf("failed: %s\n", what);
	exit(1);
}

/* ---- The machine ---- */

static uint8_t flash[FLASH_SIZE];
static uint8_t line[20000];
static uint32_t lineSize, lineAt;
static uint64_t now;
static unsigned long answers, writes;

/* In one piece: the loader subtracts. */
__asm__(".bss\n.globl _window_start\n.globl _window_end\n.balign 16\n_window_start: .space 0x20000\n_window_end: .space 16\n.text\n");

int flashRead(uint32_t offset, void* into, uint32_t size)
{
	if (offset > FLASH_SIZE || size > FLASH_SIZE - offset)
		return -1;
	memcpy(into, flash + offset, size);
	return 0;
}

static int isAllowed(uint32_t offset, uint32_t size)
{
	return (offset >= 0x8000 && offset + size <= 0x9000) || (offset >= OTADATA && offset + size <= OTADATA + 0x2000)
		|| (offset >= SLOT0 && offset + size <= FLASH_SIZE);
}

int flashWrite(uint32_t offset, const void* bytes, uint32_t size)
{
	if (offset > FLASH_SIZE || size > FLASH_SIZE - offset)
		return -1;
	if (!isAllowed(offset, size) || offset % FLASH_UNIT || size % FLASH_UNIT)
		fail("a write where nothing is to be written");
	for (uint32_t at = 0; at < size; at++) {
		if (((const uint8_t*)bytes)[at] & ~flash[offset + at])
			fail("a write without an erase");
		flash[offset + at] &= ((const uint8_t*)bytes)[at];
	}
	writes++;
	return 0;
}

int flashErase(uint32_t offset)
{
	if (offset % FLASH_BLOCK || offset >= FLASH_SIZE)
		return -1;
	if (!isAllowed(offset, FLASH_BLOCK))
		fail("an erase where nothing is to be erased");
	memset(flash + offset, 0xff, FLASH_BLOCK);
	return 0;
}

void uartSend(int port, uint8_t byte)
{
	static uint32_t at;
	if (port != 1)
		return;
	at = byte == frameStart && !at ? 1 : at + (at > 0);
	if (at == 1)
		answers++;
	if (at >= frameHeader + 6 + frameCrc)
		at = 0;
}

int uartReceive(int port)
{
	/* Now and then a pause. */
	if (port != 1 || lineAt == lineSize || draw() % 400 == 0)
		return -1;
	return line[lineAt++];
}

uint64_t clockMicroseconds(void)
{
	return now;
}

void idle(uint64_t until)
{
	now += lineAt == lineSize ? 300000 : draw() % 8 ? 50 : 300000;
	(void)until;
}

uint32_t otpRead(uint32_t index)
{
	return index * 0x01020304;
}

void say(const char* format, ...)
{
	(void)format;
}

/* ---- What comes ---- */

static void put(uint32_t value, int size)
{
	for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
		line[lineSize++] = (uint8_t)(value >> shift);
}

static uint8_t image[3 * FLASH_BLOCK];

static void little(uint8_t* p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

static void makeImage(void)
{
	for (uint32_t at = 256; at < sizeof(image); at++)
		image[at] = (uint8_t)(draw() & draw());
	memset(image, 0, 256);
	little(image, 0x31584b4c);
	little(image + 4, 1 | 1 << 16);
	little(image + 8, 256);
	little(image + 12, draw() % 4 ? sizeof(image) : draw());
	little(image + 160, draw() % 8 ? 0 : draw());
	strcpy((char*)image + 16, draw() % 8 ? "x" : "y");
	sha256(image + 256, sizeof(image) - 256, image + 128);
	if (draw() % 8 == 0)
		image[128 + draw() % 32] ^= 1;
	little(image + 252, crc32(image, 252));
}

static uint32_t payload(uint8_t type, uint8_t* to)
{
	uint32_t size = 0;
	if (type == 3) {
		to[size++] = draw() % 2 ? 0xff : (uint8_t)(draw() % 4);
		to[size++] = (uint8_t)(draw() % 4);
		memcpy(to + size, image, 256);
		size += 256;
		for (uint32_t block = 0, count = draw() % 4 ? 3 : draw() % 600; block < count; block++, size += 4)
			memcpy(to + size, image + block % 3 * 7, 4);
	}
	else if (type == 4) {
		uint32_t block = draw() % 4;
		for (int shift = 24; shift >= 0; shift -= 8)
			to[size++] = (uint8_t)((block * FLASH_BLOCK + (draw() % 16 ? 0 : draw())) >> shift);
		memcpy(to + size, image + block % 3 * FLASH_BLOCK, FLASH_BLOCK);
		size += draw() % 8 ? FLASH_BLOCK : draw() % FLASH_BLOCK;
	}
	else if (type == 2 || draw() % 8 == 0) {
		size = draw() % 400;
		memcpy(to, flash + 0x8c00, 64);
		memcpy(to + 64, flash + 0x8000, 32 * 4);
		if (draw() % 2)
			size = 64 + 32 * 4;
		if (draw() % 2 && size)
			to[draw() % size] ^= (uint8_t)(1 << draw() % 8);
	}
	return size;
}

static void addFrame(void)
{
	static const uint8_t story[] = {1, 3, 4, 4, 4, 5, 6};
	static unsigned next;
	static uint8_t bytes[8192];
	uint8_t type = draw() % 4 ? story[next++ % sizeof(story)] : (uint8_t)(draw() % 12);
	uint32_t size = payload(type, bytes), begin = lineSize;
	put(frameStart, 1);
	put(draw() % 16 ? 1 : draw() % 20, 1);
	put(type, 1);
	put(draw(), 2);
	put(draw() % 32 ? size : draw(), 2);
	memcpy(line + lineSize, bytes, size);
	lineSize += size;
	uint32_t crc = crc32(line + begin + 1, lineSize - begin - 1);
	put(draw() % 16 ? crc : draw(), 4);
	if (draw() % 16 == 0)
		lineSize -= draw() % (lineSize - begin);
}

static void table(void)
{
	static const struct {
		uint8_t type, subtype;
		uint32_t offset, size;
	} rows[] = {{1, 0, OTADATA, 0x2000}, {0, 0x10, SLOT0, 0x10000}, {0, 0x11, SLOT1, 0x20000}};
	uint8_t* p = flash + 0x8000;
	memset(flash, 0xff, sizeof(flash));
	for (int i = 0; i < 3; i++, p += 32) {
		memset(p, 0, 32);
		p[0] = 0xaa, p[1] = 0x50, p[2] = rows[i].type, p[3] = rows[i].subtype;
		little(p + 4, rows[i].offset);
		little(p + 8, rows[i].size);
		strcpy((char*)p + 12, i ? "slot" : "otadata");
	}
	p[0] = p[1] = 0xeb;
	md5(flash + 0x8000, 32 * 3, p + 16);
	uint8_t* row = flash + 0x8c00;
	memset(row, 0, 64);
	little(row, 0x42584C42);
	little(row + 4, 1);
	little(row + 8, FLASH_SIZE);
	strcpy((char*)row + 16, "x");
	little(row + 60, crc32(row, 60));
}

int main(int argc, char** argv)
{
	if (argc != 3)
		return 2;
	state = strtoull(argv[1], NULL, 10);
	table();
	for (unsigned long round = strtoul(argv[2], NULL, 10); round; round--) {
		if (draw() % 64 == 0)
			table();
		if (draw() % 128 == 0)
			memset(flash + 0x8000 + draw() % 0x80, 0, 1);
		makeImage();
		lineSize = lineAt = 0;
		for (uint32_t count = 1 + draw() % 8; count && lineSize < 9000; count--)
			addFrame();
		if (draw() % 4 == 0)
			for (uint32_t count = draw() % 100; count; count--)
				line[lineSize++] = draw() % 3 ? (uint8_t)draw() : frameStart;
		burnServe(now + 1000000);
	}
	printf("answers %lu writes %lu\n", answers, writes);
	return 0;
}

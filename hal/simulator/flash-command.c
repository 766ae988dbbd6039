/*
 * `linkxs-sim flash …`: what host tools do to a flash file, with the device's own C. Records come on stdin, one a line,
 * never as arguments: values are secrets, and arguments are seen by everybody on the machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../xs/flash.h"
#include "../xs/key-value.h"
#include "../xs/partitions.h"
#include "flash.h"
#include "options.h"

/* "path key format base64" of the longest value. */
#define LINE_SIZE (2 * KEY_VALUE_NAME + 16 + (KEY_VALUE_SIZE + 2) / 3 * 4 + 8)

static const char usage[] =
	"usage: linkxs-sim flash COMMAND FILE\n"
	"  list       the partitions: name, type, subtype, offset, size\n"
	"  kv-set     store records; stdin: lines of \"path key format base64\"\n"
	"  kv-get     print records; stdin: lines of \"path key\"\n"
	"  kv-delete  remove records; stdin: lines of \"path key\"\n"
	"  kv-list    names of all records: path, key, format, bytes\n"
	"A format is one of buffer string uint8 int8 uint16 int16 uint32 int32 uint64 int64. kv-get prints lines that kv-set\n"
	"reads; what isn't there is left out. The device must not run.\n";

/* Position = format byte; as in hal/xs/key-value.ts. */
static const char* const formats[] = {
	"buffer", "string", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64",
};
#define FORMAT_COUNT ((int)(sizeof formats / sizeof formats[0]))

static Partition partition;
static KeyValue store;
static char line[LINE_SIZE];
static uint8_t value[KEY_VALUE_SIZE];
static int lineNumber;

static int fail(const char* what, const char* which)
{
	fprintf(stderr, "flash: %s%s%s\n", what, which ? ": " : "", which ? which : "");
	return exitFailed;
}

/* ---- Base64 (RFC 4648) ---- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The number of bytes, -1 for text that isn't base64 or is too long. */
static int decode(const char* text, uint8_t* bytes, int room)
{
	int length = (int)strlen(text), count = 0;
	uint32_t bits = 0, held = 0;
	while (length && '=' == text[length - 1])
		length--;
	for (int index = 0; index < length; index++) {
		const char* at = strchr(alphabet, text[index]);
		if (!at || (held < 8 && held + 6 >= 8 && count == room))
			return -1;
		bits = bits << 6 | (uint32_t)(at - alphabet);
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		bytes[count++] = (uint8_t)(bits >> held);
	}
	return length % 4 == 1 ? -1 : count;
}

static void encode(const uint8_t* bytes, int size)
{
	for (int index = 0; index < size; index += 3) {
		int left = size - index;
		uint32_t bits = (uint32_t)bytes[index] << 16;
		bits |= left > 1 ? (uint32_t)bytes[index + 1] << 8 : 0;
		bits |= left > 2 ? bytes[index + 2] : 0;
		putchar(alphabet[bits >> 18]);
		putchar(alphabet[bits >> 12 & 63]);
		putchar(left > 1 ? alphabet[bits >> 6 & 63] : '=');
		putchar(left > 2 ? alphabet[bits & 63] : '=');
	}
}

/* ---- The file ---- */

static int openFile(const char* path, int isWriting)
{
	static Shared alone;
	struct stat status;
	struct flock lock = { .l_type = isWriting ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET };
	shared = &alone; /* counts flash operations; no power switch here */
	int fd = open(path, (isWriting ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status))
		return fail(path, strerror(errno));
	if (fcntl(fd, F_SETLK, &lock))
		return fail(path, "a device runs on it");
	flashSize = (size_t)status.st_size;
	int access = PROT_READ | (isWriting ? PROT_WRITE : 0);
	flashMemory = flashSize ? mmap(NULL, flashSize, access, MAP_SHARED, fd, 0) : MAP_FAILED;
	if (MAP_FAILED == flashMemory)
		return fail(path, "no flash file");
	return 0; /* fd stays open: it holds the lock */
}

static int readBelow(void* context, uint32_t offset, void* into, uint32_t size)
{
	(void)context;
	return flashRead(partition.offset + offset, into, size);
}

static int writeBelow(void* context, uint32_t offset, const void* bytes, uint32_t size)
{
	(void)context;
	return flashWrite(partition.offset + offset, bytes, size);
}

static int eraseBelow(void* context, uint32_t offset)
{
	(void)context;
	return flashErase(partition.offset + offset);
}

static int mountStore(int isWriting)
{
	if (!partitionFind("kv", &partition))
		return fail("no partition \"kv\"", NULL);
	KeyValueFlash flash = {
		.read = readBelow,
		.write = writeBelow,
		.erase = eraseBelow,
		.blockSize = FLASH_BLOCK,
		.blockCount = partition.size / FLASH_BLOCK,
		.unit = partition.flags & 1 ? FLASH_UNIT_ENCRYPTED : FLASH_UNIT,
	};
	return keyValueMount(&store, &flash, !isWriting) ? fail("kv can't be read", NULL) : 0;
}

/* ---- Commands ---- */

/* The next word of a line, NULL at its end. */
static char* word(char** rest)
{
	char* token = strsep(rest, " ");
	return token && *token ? token : NULL;
}

static int wrongLine(const char* what)
{
	char text[32];
	snprintf(text, sizeof text, "stdin, line %d", lineNumber);
	return fail(text, what);
}

static int wrongResult(KeyValueResult result)
{
	switch (result) {
	case keyValueFull:
		return wrongLine("the partition is full");
	case keyValueLength:
		return wrongLine("a name is empty or longer than 63 bytes");
	case keyValueDamaged:
		return wrongLine("the record is damaged");
	default:
		return wrongLine("the flash failed");
	}
}

static int setOne(KeyValueName name, char* rest)
{
	const char* format = word(&rest);
	int index = 0;
	while (format && index < FORMAT_COUNT && strcmp(format, formats[index]))
		index++;
	if (!format || index == FORMAT_COUNT)
		return wrongLine("no such format");
	int size = decode(rest ? rest : "", value, KEY_VALUE_SIZE);
	if (size < 0)
		return wrongLine("no base64, or too long");
	KeyValueResult result = keyValueWrite(&store, name, (uint8_t)index, value, (uint32_t)size);
	return result ? wrongResult(result) : 0;
}

static int getOne(KeyValueName name, char* rest)
{
	KeyValueEntry entry;
	(void)rest;
	KeyValueResult result = keyValueFind(&store, name, &entry);
	if (keyValueAbsent == result)
		return 0;
	if (!result)
		result = keyValueRead(&store, &entry, value);
	if (result)
		return wrongResult(result);
	printf("%s %s %s ", name.domain, name.key, entry.format < FORMAT_COUNT ? formats[entry.format] : "?");
	encode(value, entry.size);
	putchar('\n');
	return 0;
}

static int deleteOne(KeyValueName name, char* rest)
{
	(void)rest;
	KeyValueResult result = keyValueDelete(&store, name);
	return result ? wrongResult(result) : 0;
}

static int eachLine(int (*one)(KeyValueName name, char* rest))
{
	while (fgets(line, sizeof line, stdin)) {
		size_t length = strcspn(line, "\r\n");
		lineNumber++;
		if (!line[length] && !feof(stdin))
			return wrongLine("too long");
		line[length] = 0;
		if (!length)
			continue;
		char* rest = line;
		const char* domain = word(&rest);
		const char* key = word(&rest);
		if (!domain || !key)
			return wrongLine("path and key are needed");
		int result = one((KeyValueName){ domain, key }, rest);
		if (result)
			return result;
	}
	return 0;
}

static int listValues(void)
{
	char domain[KEY_VALUE_NAME + 1], key[KEY_VALUE_NAME + 1];
	KeyValueEntry entry = { 0 };
	while (!keyValueNext(&store, &entry)) {
		if (keyValueName(&store, &entry, domain, key))
			return fail("kv can't be read", NULL);
		printf("%s %s %s %d\n", domain, key, entry.format < FORMAT_COUNT ? formats[entry.format] : "?", entry.size);
	}
	return 0;
}

static int listPartitions(void)
{
	Partition one;
	for (int index = 0; partitionAt(index, &one); index++)
		printf("%-16s %3d 0x%02x 0x%06x 0x%06x\n", one.name, one.type, one.subtype, (unsigned)one.offset,
			(unsigned)one.size);
	return 0;
}

int flashCommand(int argc, char** argv)
{
	const char* command = argc == 3 ? argv[1] : "";
	int isSet = !strcmp(command, "kv-set"), isDelete = !strcmp(command, "kv-delete");
	int isGet = !strcmp(command, "kv-get"), isList = !strcmp(command, "kv-list"), isTable = !strcmp(command, "list");
	if (!isSet && !isDelete && !isGet && !isList && !isTable) {
		fputs(usage, stderr);
		return exitUsage;
	}
	int result = openFile(argv[2], isSet || isDelete);
	if (result || isTable)
		return result ? result : listPartitions();
	result = mountStore(isSet || isDelete);
	if (!result)
		result = isList ? listValues() : eachLine(isSet ? setOne : isGet ? getOne : deleteOne);
	explicit_bzero(line, sizeof line);
	explicit_bzero(value, sizeof value);
	return result;
}

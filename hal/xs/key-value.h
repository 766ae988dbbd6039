/*
 * Named values in flash that a power cut leaves either as they were or as they became. Portable C: no allocation, no
 * file, no clock; one instance serves a partition. The format is described in key-value-log.c.
 */
#ifndef KEY_VALUE_H
#define KEY_VALUE_H

#include <stdint.h>

/* What it needs from below. Offsets are from the partition's start; each function answers 0, or -1 when it failed. */
typedef struct {
	void* context;
	int (*read)(void* context, uint32_t offset, void* into, uint32_t size);
	/* Offset and size are multiples of `unit`; each unit is written once between two erases. */
	int (*write)(void* context, uint32_t offset, const void* bytes, uint32_t size);
	/* Set the block that begins at `offset` to 0xff. */
	int (*erase)(void* context, uint32_t offset);
	uint32_t blockSize;
	uint32_t blockCount; /* at least 2 */
	uint32_t unit;       /* 4, 8 or 16 */
} KeyValueFlash;

/* Longest domain, and longest key; in bytes. */
#define KEY_VALUE_NAME 63
#define KEY_VALUE_SIZE 0xffff

typedef enum {
	keyValueOk = 0,
	keyValueAbsent = -1,
	keyValueFull = -2,    /* no room, not even after a compaction */
	keyValueLength = -3,  /* a name is empty or too long, or the value is */
	keyValueFlash = -4,   /* the flash failed */
	keyValueDamaged = -5, /* the value's bytes are not those that were written */
	keyValueReadOnly = -6
} KeyValueResult;

typedef struct {
	KeyValueFlash flash;
	uint8_t isReadOnly;
	uint8_t isMounted;
	uint8_t isDirty;   /* what lies behind the last record can't be written over: compact first */
	uint8_t bank;
	uint32_t bankSize;
	uint32_t sequence;
	uint32_t start; /* of the bank in use */
	uint32_t end;   /* where the next record goes */
} KeyValue;

typedef struct {
	uint32_t offset; /* of the record */
	uint32_t next;
	uint8_t format;
	uint8_t domainLength, keyLength;
	uint16_t size;
	uint32_t crc;
} KeyValueEntry;

typedef struct {
	const char* domain;
	const char* key;
} KeyValueName;

/*
 * Find the present state. A partition that isn't one yet is made one, but not when it's read only: then it's empty.
 */
KeyValueResult keyValueMount(KeyValue* store, const KeyValueFlash* flash, int isReadOnly);

/* keyValueAbsent when there's none; keyValueDamaged when there was one. */
KeyValueResult keyValueFind(KeyValue* store, KeyValueName name, KeyValueEntry* entry);
/* The value's bytes: entry->size of them. */
KeyValueResult keyValueRead(KeyValue* store, const KeyValueEntry* entry, void* into);
/* One that is there already, with the same format and bytes, costs no write. */
KeyValueResult keyValueWrite(KeyValue* store, KeyValueName name, uint8_t format, const void* bytes, uint32_t size);
/* One that isn't there is fine. */
KeyValueResult keyValueDelete(KeyValue* store, KeyValueName name);

/*
 * The live entries of all domains, in no certain order: begin with entry->next = 0. keyValueAbsent: there are no more.
 */
KeyValueResult keyValueNext(KeyValue* store, KeyValueEntry* entry);
/* `domain` and `key` have room for KEY_VALUE_NAME + 1 bytes. */
KeyValueResult keyValueName(KeyValue* store, const KeyValueEntry* entry, char* domain, char* key);

#endif

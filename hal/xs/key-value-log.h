/* Between key-value.c and key-value-log.c: what lies in flash. The format is described in key-value-log.c. */
#ifndef KEY_VALUE_LOG_H
#define KEY_VALUE_LOG_H

#include "key-value.h"

#define RECORD_HEADER 12
/* The record says that there's no value any more. */
#define FORMAT_DELETED 0xff
#define UNIT_MOST 16
/* Bytes on the stack while copying and comparing; a multiple of every unit. */
#define PIECE 64

/* Answers 0, or -1 when the flash fails. */
int logRead(KeyValue* store, uint32_t offset, void* into, uint32_t size);
int logIsErased(KeyValue* store, uint32_t offset, uint32_t end);

/* ---- Records of the bank in use ---- */

uint32_t logRecordSize(const KeyValue* store, uint32_t domain, uint32_t key, uint32_t value);
/* Where the first one lies, or would. */
uint32_t logFirst(const KeyValue* store);
/* The committed record at `offset`; 0 when there's none. */
int logRecordAt(KeyValue* store, uint32_t offset, KeyValueEntry* entry);
/* Whether all bytes of the record are those that were written. */
int logIsWhole(KeyValue* store, const KeyValueEntry* entry);
/* `names` are domain and key in one piece. */
int logHasName(KeyValue* store, const KeyValueEntry* entry, const uint8_t* names, uint32_t domain, uint32_t key);
/* The last record of a name from `offset` on; 0 when there's none. */
int logLast(KeyValue* store, uint32_t offset, const uint8_t* names, uint32_t domain, uint32_t key, KeyValueEntry* last);
/* Whether it is the one that counts. */
int logIsLive(KeyValue* store, const KeyValueEntry* entry);
/* Write a record at `offset` of either bank and commit it; the space there is erased. 0, or -1. */
int logWriteRecord(KeyValue* store, uint32_t offset, KeyValueName name, uint8_t format, const void* bytes, uint32_t size);
/* Copy one as it is to another place. 0, or -1. */
int logCopyRecord(KeyValue* store, const KeyValueEntry* entry, uint32_t to);

/* ---- Banks ---- */

/* Bytes before the first record. */
uint32_t logBankHeader(const KeyValue* store);
/* 1 and its sequence when the bank at `start` is whole and committed. */
int logBank(KeyValue* store, uint32_t start, uint32_t* sequence);
/* Erase a bank and write its header, but not its commit. 0, or -1. */
int logBeginBank(KeyValue* store, uint32_t start, uint32_t sequence);
int logCommitBank(KeyValue* store, uint32_t start);

#endif

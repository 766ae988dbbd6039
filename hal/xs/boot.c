/* The boot rules: see boot.h and hal/BOOT.md. */
#include "boot.h"

#include <stdarg.h>
#include <stdio.h>

enum { typeApp = 0, subtypeSlot = 0x10 };

int bootSlot(uint8_t slot, Partition* partition)
{
	if (slot >= bootSlotsMost)
		return 0;
	for (int i = 0; partitionAt(i, partition); i++)
		if (partition->type == typeApp && partition->subtype == subtypeSlot + slot)
			return 1;
	return 0;
}

__attribute__((format(printf, 2, 3))) static void tell(const BootHost* host, const char* format, ...)
{
	char line[200];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	host->say(host->context, line);
}

/* Whether the slot's image may start; a slot that the board lacks has none. */
static int isGood(const BootHost* host, uint8_t slot)
{
	Partition partition;
	if (!bootSlot(slot, &partition))
		return 0;
	const char* wrong = host->check(host->context, &partition);
	if (wrong)
		tell(host, "%s: %s", partition.name, wrong);
	return !wrong;
}

/* Back to the former slot. It holds for this start even if the flash fails. */
static int rollBack(BootRecord* record, BootOutcome outcome)
{
	record->failed = record->slot;
	record->outcome = (uint8_t)outcome;
	record->slot = record->former;
	record->former = bootNoSlot;
	record->state = bootConfirmed;
	record->boots = 0;
	return bootRecordWrite(record);
}

/* Any image is better than none, but one that failed comes last. Nothing is written: each start looks again. */
static uint8_t anyGood(const BootHost* host, uint8_t tried, uint8_t failed)
{
	for (uint8_t slot = 0; slot < bootSlotsMost; slot++)
		if (slot != tried && slot != failed && isGood(host, slot))
			return slot;
	return failed != tried && isGood(host, failed) ? failed : bootNoSlot;
}

/* A slot on trial: 1 when it starts; else the record is the one without it. */
static int startTrial(const BootHost* host, BootRecord* record)
{
	uint8_t slot = record->slot;
	if (!record->boots) {
		tell(host, "ota_%u was not confirmed in its trial: back to the former image", slot);
		rollBack(record, bootOutcomeUnconfirmed);
		return 0;
	}
	if (!isGood(host, slot)) {
		rollBack(record, bootOutcomeInvalid);
		return 0;
	}
	/* Counted before it starts, or one that hangs would be tried for ever. */
	record->boots--;
	if (bootRecordWrite(record)) {
		tell(host, "ota_%u: its trial can't be counted (flash): back to the former image", slot);
		rollBack(record, bootOutcomeUnconfirmed);
		return 0;
	}
	tell(host, "ota_%u is on trial, %u more starts after this", slot, record->boots);
	return 1;
}

uint8_t bootChoose(const BootHost* host)
{
	BootRecord record;
	uint8_t decided = bootNoSlot, failed = bootNoSlot;
	if (bootRecordRead(&record)) {
		if (record.state == bootTrial && startTrial(host, &record))
			return record.slot;
		decided = record.slot;
		if (isGood(host, decided))
			return decided;
		failed = record.failed;
	}
	return anyGood(host, decided, failed);
}

uint8_t bootWould(const BootHost* host)
{
	BootRecord record;
	if (!bootRecordRead(&record))
		return anyGood(host, bootNoSlot, bootNoSlot);
	if (record.state == bootTrial && record.boots && isGood(host, record.slot))
		return record.slot;
	uint8_t slot = record.state == bootTrial ? record.former : record.slot;
	uint8_t failed = record.state == bootTrial ? record.slot : record.failed;
	return isGood(host, slot) ? slot : anyGood(host, slot, failed);
}

int bootStage(uint8_t slot, uint8_t running, uint8_t boots)
{
	BootRecord record;
	Partition partition;
	uint8_t former = running;
	if (bootRecordRead(&record) && record.state == bootTrial) {
		if (record.slot == running)
			return -1;
		former = record.former;
	}
	if (!boots || slot == former || slot == running || !bootSlot(slot, &partition))
		return -1;
	record = (BootRecord){.state = bootTrial, .slot = slot, .boots = boots, .former = former, .failed = bootNoSlot};
	return bootRecordWrite(&record);
}

int bootConfirm(void)
{
	BootRecord record;
	if (!bootRecordRead(&record) || record.state != bootTrial)
		return 0;
	record.state = bootConfirmed;
	record.boots = 0;
	return bootRecordWrite(&record);
}

int bootFailed(void)
{
	BootRecord record;
	if (!bootRecordRead(&record) || record.state != bootTrial)
		return -1;
	return rollBack(&record, bootOutcomeFailed);
}

uint8_t bootBurnSlot(uint8_t starting)
{
	BootRecord record;
	Partition partition;
	uint8_t found = bootNoSlot;
	/* While one is on trial the confirmed one is what must stay. */
	if (bootRecordRead(&record) && record.state == bootTrial)
		starting = record.former;
	for (uint8_t slot = 0; slot < bootSlotsMost; slot++)
		if (bootSlot(slot, &partition) && (found == bootNoSlot || found == starting))
			found = slot;
	return found;
}

int bootTake(uint8_t slot)
{
	BootRecord record;
	Partition partition;
	uint8_t former = bootNoSlot;
	if (!bootSlot(slot, &partition))
		return -1;
	if (bootRecordRead(&record))
		former = record.state == bootTrial || record.slot == slot ? record.former : record.slot;
	if (former == slot)
		former = bootNoSlot;
	record = (BootRecord){.state = bootConfirmed, .slot = slot, .former = former, .failed = bootNoSlot};
	return bootRecordWrite(&record);
}

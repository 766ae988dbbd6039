/*
 * Counts a chip's instructions from outside, so that nothing of it is in the product: a plugin of QEMU (its plugin API,
 * version 1). A chip that sleeps executes nothing, so there's no idle time to subtract.
 *
 *   -plugin counter.so,out=FILE,start=ADDRESS,text=ADDRESS,byte=ADDRESS[,profile=FILE,from=OFFSET,to=OFFSET]
 *
 * FILE gets a line for each time that an instruction is reached: `start N` at `start`; `text N OFFSET` at `text`, where the
 * firmware begins to print, with the number of times that `byte` was reached before: how many bytes were printed.
 * `profile` gets `ADDRESS SIZE TIMES` of each block of SIZE instructions executed between the texts at these offsets.
 *
 * No package has the API's header, so what's used of it is declared here.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t Id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*Executed)(unsigned int processor, void* data);
enum { noRegisters = 0, addUint64 = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(Id id, void (*translated)(Id id, struct qemu_plugin_tb* block));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb* block, int operation, void* to, uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn* it, Executed executed, int flags, void* data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn* it, int operation, void* to, uint64_t value);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb* block);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb* block);
struct qemu_plugin_insn* qemu_plugin_tb_get_insn(const struct qemu_plugin_tb* block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn* it);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

typedef struct Block {
	struct Block* next;
	uint64_t address, size, times;
} Block;

static FILE* out;
static const char* profile;
static uint64_t start, text, byte, from, to;
static uint64_t executed, printed;
static Block* blocks;

static void startReached(unsigned int processor, void* data)
{
	/* The other processor begins there, too. */
	if (processor == 0)
		fprintf(out, "start %" PRIu64 "\n", executed);
}

static void profileBegin(void)
{
	for (Block* it = blocks; it; it = it->next)
		it->times = 0;
}

static void profileEnd(void)
{
	FILE* file = fopen(profile, "w");
	for (Block* it = blocks; file && it; it = it->next)
		if (it->times)
			fprintf(file, "%" PRIx64 " %" PRIu64 " %" PRIu64 "\n", it->address, it->size, it->times);
	if (file)
		fclose(file);
}

static void textReached(unsigned int processor, void* data)
{
	fprintf(out, "text %" PRIu64 " %" PRIu64 "\n", executed, printed);
	if (profile && printed == from)
		profileBegin();
	if (profile && printed == to)
		profileEnd();
}

static void translated(Id id, struct qemu_plugin_tb* block)
{
	size_t size = qemu_plugin_tb_n_insns(block);
	for (size_t i = 0; i < size; i++) {
		struct qemu_plugin_insn* it = qemu_plugin_tb_get_insn(block, i);
		uint64_t address = qemu_plugin_insn_vaddr(it);
		if (address == start)
			qemu_plugin_register_vcpu_insn_exec_cb(it, startReached, noRegisters, NULL);
		if (address == text)
			qemu_plugin_register_vcpu_insn_exec_cb(it, textReached, noRegisters, NULL);
		if (address == byte)
			qemu_plugin_register_vcpu_insn_exec_inline(it, addUint64, &printed, 1);
		/* One by one, as a trap leaves a block in its middle. */
		qemu_plugin_register_vcpu_insn_exec_inline(it, addUint64, &executed, 1);
	}
	if (profile) {
		Block* it = malloc(sizeof(*it));
		*it = (Block){blocks, qemu_plugin_tb_vaddr(block), size, 0};
		blocks = it;
		qemu_plugin_register_vcpu_tb_exec_inline(block, addUint64, &it->times, 1);
	}
}

static const char* value(const char* argument, const char* name)
{
	size_t length = strlen(name);
	return strncmp(argument, name, length) || argument[length] != '=' ? NULL : argument + length + 1;
}

__attribute__((visibility("default"))) int qemu_plugin_install(Id id, const void* info, int count, char** arguments)
{
	struct { const char* name; uint64_t* number; } numbers[] = {
		{"start", &start}, {"text", &text}, {"byte", &byte}, {"from", &from}, {"to", &to}};
	for (int i = 0; i < count; i++) {
		const char* it;
		if ((it = value(arguments[i], "out")))
			out = fopen(it, "w");
		if ((it = value(arguments[i], "profile")))
			profile = strdup(it);
		for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
			if ((it = value(arguments[i], numbers[n].name)))
				*numbers[n].number = strtoull(it, NULL, 0);
	}
	if (!out) {
		fprintf(stderr, "counter: out=FILE can't be written\n");
		return -1;
	}
	setvbuf(out, NULL, _IOLBF, 0);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}

/* fxFindModule and fxLoadModule over an image: see modules.h. */
#include "xsAll.h"
#include "xsScript.h"
#include "late.h"
#include "memory.h"
#include "modules.h"

extern void fxRemapIDs(txMachine* the, txByte* code, txSize size, txID* ids);

typedef struct {
	const char* name;
	txByte* code;
	txSize codeSize;
	uint16_t flags;
	uint16_t next; /* of the same chain, + 1; 0: none */
} Module;

/* By their names: an import asks for one several times, and a firmware has more than a hundred. */
enum { chainCount = 64 };
static LATE uint16_t chains[chainCount];
static LATE Module* modules;
static LATE uint32_t moduleCount;
static const Image* source;

uint32_t modulesCount(void) { return moduleCount; }
const char* modulesName(uint32_t index) { return modules[index].name; }
int modulesPreload(uint32_t index) { return (modules[index].flags & imageModulePreload) != 0; }
const Image* modulesImage(void) { return source; }
void modulesOf(const Image* image) { source = image; }

static uint16_t* chainOf(const char* name)
{
	uint32_t hash = 0;
	while (*name)
		hash = hash * 31 + (uint8_t)*name++;
	return &chains[hash % chainCount];
}

static Module* moduleFind(const char* name)
{
	for (uint32_t i = *chainOf(name); i; i = modules[i - 1].next)
		if (!strcmp(modules[i - 1].name, name))
			return &modules[i - 1];
	return NULL;
}

/* Of two with one name the first is found. */
static void chain(void)
{
	memset(chains, 0, sizeof(chains));
	for (uint32_t i = moduleCount; i--;) {
		uint16_t* first = chainOf(modules[i].name);
		modules[i].next = *first;
		*first = (uint16_t)(i + 1);
	}
}

/* Functions and strings inside of the code are to be used where they are, not copied into chunks. */
static void useInPlace(txByte* p, txByte* end)
{
	while (p < end) {
		txU1 code = *(txU1*)p;
		txS1 size = gxCodeSizes[code];
		switch (code) {
		case XS_CODE_CODE_1: *(txU1*)p = XS_CODE_CODE_ARCHIVE_1; break;
		case XS_CODE_CODE_2: *(txU1*)p = XS_CODE_CODE_ARCHIVE_2; break;
		case XS_CODE_CODE_4: *(txU1*)p = XS_CODE_CODE_ARCHIVE_4; break;
		case XS_CODE_STRING_1: *(txU1*)p = XS_CODE_STRING_ARCHIVE_1; break;
		case XS_CODE_STRING_2: *(txU1*)p = XS_CODE_STRING_ARCHIVE_2; break;
		case XS_CODE_STRING_4: *(txU1*)p = XS_CODE_STRING_ARCHIVE_4; break;
		}
		if (size > 0)
			p += size;
		else if (size == 0)
			p += 1 + sizeof(txID);
		else if (size == -1)
			p += 2 + *(txU1*)(p + 1);
		else if (size == -2) {
			txU2 more;
			p++;
			mxDecode2(p, more);
			p += more;
		}
		else {
			txS4 more;
			p++;
			mxDecode4(p, more);
			p += more;
		}
	}
}

/* The ids of the module's symbols in the machine, in order, for `free`; NULL without memory or when the list is broken. */
static txID* symbolIDs(txMachine* root, const Span* symbols)
{
	txByte* p = (txByte*)symbols->data;
	txByte* end = p + symbols->size;
	txID count = 0;
	txID* ids;
	if (symbols->size < sizeof(txID))
		return NULL;
	mxDecodeID(p, count);
	/* Once the code is remapped nobody asks for them, so ROM has none. */
	ids = malloc((count + 1) * sizeof(txID));
	if (!ids)
		return NULL;
	ids[0] = XS_NO_ID;
	for (txID i = 1; i < count; i++) {
		size_t length = strnlen((char*)p, (size_t)(end - p));
		if (p + length >= end) {
			free(ids);
			return NULL;
		}
		ids[i] = fxNewNameC(root, (txString)p);
		p += length + 1;
	}
	return ids;
}

static int moduleLoad(txMachine* root, const ImageModule* from, Module* module)
{
	txID* ids = symbolIDs(root, &from->symbols);
	char* name = memoryRomTake(strlen(from->name) + 1);
	module->code = memoryRomTake(from->code.size);
	if (!ids || !name || !module->code) {
		free(ids);
		return -1;
	}
	strcpy(name, from->name);
	memcpy(module->code, from->code.data, from->code.size);
	module->name = name;
	module->codeSize = (txSize)from->code.size;
	module->flags = (uint16_t)from->flags;
	fxRemapIDs(root, module->code, module->codeSize, ids);
	free(ids);
	useInPlace(module->code, module->code + module->codeSize);
	fxNewNameC(root, name);
	return 0;
}

int modulesLoad(txMachine* root, const Image* image)
{
	source = image;
	moduleCount = 0;
	modules = memoryRomTake(image->moduleCount * sizeof(Module) + 1);
	if (!modules)
		return -1;
	for (uint32_t i = 0; i < image->moduleCount; i++) {
		ImageModule from;
		imageModule(image, i, &from);
		if (moduleLoad(root, &from, &modules[i]))
			return -1;
	}
	moduleCount = image->moduleCount;
	chain();
	return 0;
}

/* `./` and `../` in front of a name are relative to the importer's folder. */
static int resolve(char* path, size_t size, const char* importer, const char* name)
{
	size_t length = 0;
	if (name[0] != '.' || (name[1] != '/' && (name[1] != '.' || name[2] != '/'))) {
		if (strlen(name) >= size)
			return -1;
		strcpy(path, name);
		return 0;
	}
	if (importer) {
		const char* slash = strrchr(importer, '/');
		length = slash ? (size_t)(slash - importer) : 0;
		if (length >= size)
			return -1;
		memcpy(path, importer, length);
	}
	for (;;) {
		if (name[0] == '.' && name[1] == '/')
			name += 2;
		else if (name[0] == '.' && name[1] == '.' && name[2] == '/') {
			if (!length)
				return -1;
			name += 3;
			while (length && path[length - 1] != '/')
				length--;
			if (length)
				length--;
		}
		else
			break;
	}
	if (length + 1 + strlen(name) >= size)
		return -1;
	if (length)
		path[length++] = '/';
	strcpy(path + length, name);
	return 0;
}

txID fxFindModule(txMachine* the, txSlot* realm, txID moduleID, txSlot* slot)
{
	char name[C_PATH_MAX], path[C_PATH_MAX];
	fxToStringBuffer(the, slot, name, sizeof(name));
	if (resolve(path, sizeof(path), moduleID == XS_NO_ID ? NULL : fxGetKeyName(the, moduleID), name))
		return XS_NO_ID;
	return moduleFind(path) ? fxNewNameC(the, path) : XS_NO_ID;
}

void fxLoadModule(txMachine* the, txSlot* module, txID moduleID)
{
	Module* found = moduleFind(fxGetKeyName(the, moduleID));
	txScript script;
	if (!found)
		return;
	memset(&script, 0, sizeof(script));
	script.codeBuffer = found->code;
	script.codeSize = found->codeSize;
	script.path = (txString)found->name;
	script.version[0] = XS_MAJOR_VERSION;
	script.version[1] = XS_MINOR_VERSION;
	script.version[2] = XS_PATCH_VERSION;
	fxResolveModule(the, module, moduleID, &script, NULL, NULL);
}

/* A device has no parser: eval and new Function throw. */
txScript* fxParseScript(txMachine* the, void* stream, txGetter getter, txUnsigned flags)
{
	mxSyntaxError("a device can't compile");
	return NULL;
}

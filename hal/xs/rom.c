/* Builds and freezes the root machine: see rom.h. */
#include "xsAll.h"
#include "globals.h"
#include "memory.h"
#include "modules.h"
#include "natives.h"
#include "rom.h"

enum { rootStack = 1024 };
/* Generous, as ROM is not what's scarce in a process. */
const RomSizes romSizes = {32768, 32768, 4096, 4096, 1024, 0};

static void install(txMachine* root)
{
	for (int i = 0; i < hostIDCount; i++)
		hostIDs[i] = fxID(root, (txString)hostIDNames[i]);
	xsBeginHost(root);
	nativesInstall(the);
	xsEndHost(root);
	xsBeginHost(root);
	consoleInstall(the);
	xsEndHost(root);
}

static int building;

static void tooEarly(txMachine* the)
{
	mxTypeError("a native function is called at module level");
}

/* The host functions that were made, in order; a slot that the collector took back is somebody else's. */
typedef struct {
	txSlot* slot;
	void (*function)(txMachine*);
} Unarmed;
static Unarmed* unarmed;
static size_t unarmedCount, unarmedRoom;
static int isFull;

static void remember(txSlot* slot, void (*function)(txMachine*))
{
	if (unarmedCount == unarmedRoom) {
		size_t room = unarmedRoom ? unarmedRoom * 2 : 128;
		Unarmed* more = realloc(unarmed, room * sizeof(Unarmed));
		if (!more) {
			isFull = 1;
			return;
		}
		unarmed = more;
		unarmedRoom = room;
	}
	unarmed[unarmedCount++] = (Unarmed){slot, function};
}

void romNative(txMachine* the, const char* name, void (*function)(txMachine*))
{
	txID id = building ? fxNewNameC(the, (txString)name) : XS_NO_ID;
	fxNewHostFunction(the, building ? tooEarly : function, 0, id, XS_NO_ID);
	if (building)
		remember(the->stack->value.reference->next, function);
	mxPullSlot(mxResult);
}

static void armNatives(void)
{
	/* From the last one, as a slot may have been used twice. */
	for (size_t i = unarmedCount; i--;) {
		txSlot* slot = unarmed[i].slot;
		if (slot->kind == XS_CALLBACK_KIND && slot->value.callback.address == tooEarly)
			slot->value.callback.address = (txCallback)unarmed[i].function;
	}
	free(unarmed);
	unarmed = NULL;
	unarmedCount = unarmedRoom = 0;
	building = 0;
}

static int preload(txMachine* root, char* error, size_t size)
{
	int failed = 0;
	for (uint32_t i = 0; i < modulesCount() && !failed; i++) {
		if (!modulesPreload(i))
			continue;
		xsBeginHost(root);
		xsTry {
			xsResult = xsAwaitImport(modulesName(i), XS_IMPORT_NAMESPACE);
		}
		xsCatch {
			failed = 1;
			snprintf(error, size, "module \"%s\" can't be preloaded: %s", modulesName(i), xsmcToString(xsException));
		}
		xsEndHost(root);
		while (root->promiseJobs) {
			root->promiseJobs = 0;
			fxRunPromiseJobs(root);
		}
	}
	return failed;
}

/*
 * Object.freeze leaves the slots alone that no script can reach (a function's code and home). With them closed, too, XS
 * sees that the object can't change, and spares its alias: a pointer in RAM each, and most of all.
 */
static void close(txSlot* instance)
{
	for (txSlot* property = instance->next; property; property = property->next)
		if (property->flag & XS_INTERNAL_FLAG)
			property->flag |= XS_DONT_SET_FLAG | XS_DONT_DELETE_FLAG;
}

/*
 * The same for the scopes that functions keep: the scope doesn't change, and each variable in it has its own alias
 * (fxShare takes the flag off those that may be set).
 */
static void closeScope(txSlot* instance)
{
	txSlot* property = instance->next;
	if (!property || !(property->flag & XS_INTERNAL_FLAG) || property->ID != XS_ENVIRONMENT_BEHAVIOR)
		return;
	for (txSlot* variable = property->next; variable; variable = variable->next)
		if (variable->kind != XS_CLOSURE_KIND)
			return;
	instance->flag |= XS_DONT_PATCH_FLAG;
	for (; property; property = property->next)
		property->flag |= XS_DONT_SET_FLAG | XS_DONT_DELETE_FLAG;
}

/*
 * An alias of a RegExp would share its code with the one in ROM, where the collector's mark can't be written: so there is
 * none. Only `lastIndex` of one with state (g, y) would ever be set.
 */
static void closeRegExp(txSlot* instance)
{
	if (!instance->next || instance->next->kind != XS_REGEXP_KIND)
		return;
	instance->flag |= XS_DONT_PATCH_FLAG;
	for (txSlot* property = instance->next; property; property = property->next)
		property->flag |= XS_DONT_SET_FLAG | XS_DONT_DELETE_FLAG;
}

/*
 * What the SDK's linker freezes after preloading, so that nothing passes here which a chip refuses: prototypes of the
 * built-ins, and all functions (classes with their static members, too). It also spares the RAM of their aliases.
 */
static void sealObjects(txMachine* root)
{
	xsBeginHost(root);
	xsmcVars(3);
	xsmcGet(xsVar(0), xsGlobal, xsID_Object);
	xsmcGet(xsVar(1), xsVar(0), xsID_freeze);
	for (int i = mxObjectPrototypeStackIndex; i <= mxThrowTypeErrorFunctionStackIndex; i++) {
		xsVar(2) = the->stackTop[-1 - i];
		if (mxIsReference(&xsVar(2))) {
			xsVar(2) = xsCallFunction1(xsVar(1), xsVar(0), xsVar(2));
			close(xsVar(2).value.reference);
		}
	}
	for (txSlot* heap = the->firstHeap; heap; heap = heap->next)
		for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++)
			if (slot->kind == XS_INSTANCE_KIND && mxIsFunction(slot)) {
				mxInitSlotKind(&xsVar(2), XS_REFERENCE_KIND);
				xsVar(2).value.reference = slot;
				xsVar(2) = xsCallFunction1(xsVar(1), xsVar(0), xsVar(2));
				close(slot);
			}
	xsEndHost(root);
	for (txSlot* heap = root->firstHeap; heap; heap = heap->next)
		for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++)
			if (slot->kind == XS_INSTANCE_KIND) {
				closeScope(slot);
				closeRegExp(slot);
			}
}

/*
 * After the root is shared its slots never move and are never marked. Kinds whose chunk a collector would mark become
 * the kinds of flash (else a clone's collector writes into ROM); a cache that is written at use is taken away.
 */
static void freezeSlot(txSlot* slot)
{
	if (slot->kind == XS_INSTANCE_KIND && slot->next && slot->next->kind == XS_GLOBAL_KIND) {
		slot->next = slot->next->next;
		slot->flag &= ~XS_EXOTIC_FLAG;
	}
	switch (slot->kind) {
	case XS_STRING_KIND: slot->kind = XS_STRING_X_KIND; break;
	case XS_BIGINT_KIND: slot->kind = XS_BIGINT_X_KIND; break;
	case XS_CODE_KIND: slot->kind = XS_CODE_X_KIND; break;
	case XS_KEY_KIND: slot->kind = XS_KEY_X_KIND; break;
	case XS_CALLBACK_KIND: slot->kind = XS_CALLBACK_X_KIND; break;
	case XS_REGEXP_KIND: slot->value.regexp.data = NULL; break;
	default: break;
	}
}

static void freeze(txMachine* root)
{
	for (txSlot* heap = root->firstHeap; heap; heap = heap->next)
		for (txSlot* slot = heap + 1; slot < heap->value.reference; slot++)
			freezeSlot(slot);
	for (txSlot* slot = root->stack; slot < root->stackTop; slot++)
		if (slot->kind == XS_STRING_KIND)
			slot->kind = XS_STRING_X_KIND;
}

txMachine* romBuild(const Image* image, const RomSizes* sizes, char* error, size_t size)
{
	ImageCreation record;
	imageCreation(image, &record);
	txCreation creation = {
		(txSize)sizes->chunk, (txSize)sizes->chunkMore, (txSize)sizes->heap, (txSize)sizes->heapMore, rootStack,
		(txSize)sizes->keys, (txSize)sizes->keys,
		(txSize)record.nameModulo, (txSize)record.symbolModulo, 0, 1, 0};
	/* Machines count themselves in this one: it stays in RAM. */
	fxInitializeSharedCluster();
	memoryBuildRom(1);
	txMachine* root = fxCreateMachine(&creation, "root", NULL, XS_NO_ID);
	if (!root) {
		snprintf(error, size, "no room in ROM for the built-ins");
		return NULL;
	}
	/* Once, at the end, instead of each time that the heap has to grow. */
	if (!sizes->isTight)
		fxEnableGarbageCollection(root, 0);
	building = 1;
	install(root);
	if (modulesLoad(root, image)) {
		snprintf(error, size, "no room in ROM for the modules");
		return NULL;
	}
	if (preload(root, error, size))
		return NULL;
	armNatives();
	if (isFull) {
		snprintf(error, size, "no memory");
		return NULL;
	}
	fxEnableGarbageCollection(root, 1);
	fxCollectGarbage(root);
	sealObjects(root);
	fxShareMachine(root);
	freeze(root);
	if (memoryRomStack(root)) {
		snprintf(error, size, "no room in ROM for the built-ins");
		return NULL;
	}
	memoryBuildRom(0);
	return root;
}

static const char* kindName(txKind kind)
{
	switch (kind) {
	case XS_MAP_KIND: return "Map";
	case XS_SET_KIND: return "Set";
	case XS_WEAK_MAP_KIND: return "WeakMap";
	case XS_WEAK_SET_KIND: return "WeakSet";
	case XS_ARRAY_KIND: return "array";
	case XS_ARRAY_BUFFER_KIND: return "ArrayBuffer or typed array";
	case XS_TYPED_ARRAY_KIND: return "typed array";
	case XS_DATE_KIND: return "Date";
	case XS_STACK_KIND: return "generator";
	case XS_REGEXP_KIND: return "RegExp";
	case XS_HOST_KIND: return "host object";
	case XS_WEAK_REF_KIND: return "WeakRef";
	case XS_ENTRY_KIND: return "Map or Set";
	case XS_LIST_KIND: return "Map or Set";
	case XS_INSTANCE_KIND: return "object";
	case XS_MODULE_KIND: return "module";
	case XS_KEY_X_KIND: return "name";
	default: return "value (in a Map or a generator)";
	}
}

/* The chunk of a slot, if it has one. */
static int inChunk(const txSlot* slot, const txByte* address)
{
	const txByte* data = NULL;
	switch (slot->kind) {
	case XS_ARRAY_BUFFER_KIND: data = slot->value.arrayBuffer.address; break;
	case XS_ARRAY_KIND:
	case XS_STACK_KIND: data = (txByte*)slot->value.array.address; break;
	case XS_MAP_KIND:
	case XS_SET_KIND: data = (txByte*)slot->value.table.address; break;
	default: return 0;
	}
	return data && data <= address && address < data - sizeof(txChunk) + ((const txChunk*)(data - sizeof(txChunk)))->size;
}

const char* romDescribe(const txMachine* root, const void* address)
{
	for (const txSlot* heap = root->firstHeap; heap; heap = heap->next)
		for (const txSlot* slot = heap + 1; slot < heap->value.reference; slot++) {
			if ((const txByte*)slot <= (const txByte*)address && (const txByte*)address < (const txByte*)(slot + 1))
				return kindName(slot->kind);
			if (inChunk(slot, address))
				return kindName(slot->kind);
		}
	return "value";
}

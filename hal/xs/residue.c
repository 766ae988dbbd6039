/* See residue.h. */
#include "xsAll.h"
#include "host.h"
#include "residue.h"

static int collected;

static void noteCollection(txMachine* the, void* data, txMarkRoot mark)
{
	collected = 1;
}

static const xsHostHooks hooks = {NULL, noteCollection, NULL};

/* An object that does nothing but be marked. */
void residueWatch(xsMachine* the)
{
	static xsSlot watch;
	xsBeginHost(the);
	watch = xsNewHostObject(NULL);
	xsmcSetHostData(watch, &collected);
	xsSetHostHooks(watch, &hooks);
	xsRemember(watch);
	xsEndHost(the);
}

void residueWipe(xsMachine* the)
{
	if (!collected)
		return;
	collected = 0;
	for (txBlock* block = the->firstBlock; block; block = block->nextBlock)
		memset(block->current, 0, (size_t)(block->limit - block->current));
}

/* See straps.h. */
#include "straps.h"
#include "board.h"

#include <string.h>

static char words[512];
static size_t used; /* each word ends with a NUL */

void strapsRead(void)
{
	uintptr_t line[2] = {(uintptr_t)words, sizeof(words) - 1};
	if (semihosting(semihostingCommandLine, line))
		words[0] = 0;
	used = strlen(words) + 1;
	for (size_t i = 0; i < used; i++)
		if (words[i] == ' ')
			words[i] = 0;
}

const char* strap(const char* name)
{
	size_t length = strlen(name);
	for (const char* word = words; word < words + used; word += strlen(word) + 1)
		if (!strncmp(word, name, length) && (!word[length] || word[length] == '='))
			return word[length] ? word + length + 1 : word + length;
	return NULL;
}

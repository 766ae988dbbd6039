/*
 * This board has neither flash nor fuses: the emulator lends files of the host in their place. The words of its command line
 * say which (straps.h): `flash=FILE`, `otp=FILE`, made as for the machine that has both, so a device's identity, vault and
 * settings are the same on either.
 */
#ifndef HOST_FILE_H
#define HOST_FILE_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
	const char* strap;
	long handle; /* 0: not opened yet; -1: there's none */
	uint32_t size;
} HostFile;

/* Answers 0, or -1: no such file, or the range isn't in it. */
int hostFileRead(HostFile* file, uint32_t offset, void* into, uint32_t size);
int hostFileWrite(HostFile* file, uint32_t offset, const void* bytes, uint32_t size);
uint32_t hostFileSize(HostFile* file);
/* Before a reset, after which they are opened again. */
void hostFilesClose(void);

#endif

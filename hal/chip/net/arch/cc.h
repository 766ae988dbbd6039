/* What lwIP asks of the compiler and the machine. */
#ifndef ARCH_CC_H
#define ARCH_CC_H

#include <limits.h>
#include <stdint.h>
#include <sys/types.h>

#define LWIP_NO_UNISTD_H 1
#define SSIZE_MAX INT_MAX

/* A rule of lwIP's own is broken: the device ends in words rather than going on with memory that nobody understands. */
void netBroken(const char* rule) __attribute__((noreturn));
#define LWIP_PLATFORM_ASSERT(rule) netBroken(rule)
#define LWIP_PLATFORM_DIAG(text)

/* Ports, ids of DNS questions, first sequence numbers: nobody outside may guess them. */
uint32_t netRandom(void);
#define LWIP_RAND() netRandom()

#endif

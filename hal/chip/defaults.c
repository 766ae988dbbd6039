/*
 * What XS puts into every function by default: for a release without the properties `name` and `length`, two slots each in
 * ROM, as the Moddable SDK leaves them out of a chip. Stack traces have the names from the byte code.
 */
#include "xsAll.h"
#ifndef mxDebug
#define fxNewFunctionLength C_NULL
#define fxNewFunctionName C_NULL
#endif
#include "xsDefaults.c"

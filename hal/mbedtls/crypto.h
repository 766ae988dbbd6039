/* What the files of hal/crypto share. */
#ifndef LINKXS_CRYPTO_H
#define LINKXS_CRYPTO_H

#include "compat.h"
#include "key.h"

/* Results beside PSA's own (which are -132 to -152); crypto.ts knows them by number. */
#define cryptoBadKey (-1)
#define cryptoBadLength (-2)
#define cryptoBadPadding (-3)

/* psa_crypto_init, once. */
psa_status_t cryptoStart(void);
/* "MD5" … "SHA512"; throws a RangeError for another string. */
psa_algorithm_t digestOf(xsMachine* the, xsSlot* slot);
/* Bring `key` into a slot of PSA for one operation. */
psa_status_t keyImport(Span key, psa_key_type_t type, psa_key_usage_t usage, psa_algorithm_t algorithm,
					   mbedtls_svc_key_id_t* id);
/* Look at each element of the array in xsArg(index): afterwards nothing can throw any more while PSA is at work. */
xsIntegerValue partsCheck(xsMachine* the, int index);
/* The n-th element; xsVar(0) holds it meanwhile. */
Span partAt(xsMachine* the, int index, xsIntegerValue n);

psa_status_t digestParts(xsMachine* the, psa_algorithm_t algorithm, int index, uint8_t* output, size_t* length);
psa_status_t macParts(xsMachine* the, psa_key_type_t type, psa_algorithm_t algorithm, Span key, int index,
					  uint8_t* output, size_t* length);

#endif

import { describe, expect, test } from "vitest";
import { textsBelow } from "../lib/files";

/**
 * Cryptography of mbedTLS before PSA: gone in 4.0, which ESP-IDF 6 carries. TLS (ssl), X.509 and the containers of keys (pk)
 * stay, but for what pk computes itself.
 */
const LEGACY = new RegExp(
	`\\bmbedtls_(${[
		"aes|aria|arc4|blowfish|camellia|des|des3|xtea|chacha20|chachapoly|poly1305|ccm|gcm|cmac|cipher|nist_kw",
		"md|md2|md4|md5|sha1|sha224|sha256|sha384|sha512|sha3|ripemd160|hkdf|pkcs5|pkcs12",
		"rsa|dhm|ecp|ecdh|ecdsa|ecjpake|mpi|entropy|ctr_drbg|hmac_drbg|havege|internal_\\w+",
	].join("|")})(_\\w+)?\\b|\\bmbedtls_pk_(sign|verify|encrypt|decrypt|setup|rsa|ec)\\w*`,
	"g",
);

/** The one header that may name them: it holds the differences between the versions. */
const COMPAT = "hal/mbedtls/compat.h";

function legacy(files: ReadonlyMap<string, string>): string[] {
	return [...files]
		.filter(([path]) => path !== COMPAT)
		.flatMap(([path, text]) => [...text.matchAll(LEGACY)].map(([name]) => `${path}: ${name}`));
}

test("no C of ours names mbedTLS's legacy cryptography outside of compat.h", () => {
	const files = textsBelow("hal", ".c", ".h");
	expect([...files.keys()]).toContain(COMPAT);
	expect(legacy(files)).toEqual([]);
});

describe("finds", () => {
	test.each([
		"mbedtls_sha256_context sha;",
		"mbedtls_md_hmac(info, key, 1, in, 1, out);",
		"mbedtls_aes_crypt_cbc(&aes);",
		"mbedtls_ctr_drbg_random",
		"mbedtls_mpi x;",
		"mbedtls_entropy_init(&e);",
		"mbedtls_pk_sign(&pk);",
		"mbedtls_ecp_group_id id;",
	])("%s", (text) => {
		expect(legacy(new Map([["hal/x.c", text]]))).toHaveLength(1);
		expect(legacy(new Map([[COMPAT, text]]))).toEqual([]);
	});
});

test.each([
	"mbedtls_ssl_write(&ssl)",
	"mbedtls_x509_crt chain;",
	"mbedtls_pk_parse_key(&pk)",
	"psa_hash_compute()",
	"MBEDTLS_AES_C",
])("lets %s be", (text) => {
	expect(legacy(new Map([["hal/x.c", text]]))).toEqual([]);
});

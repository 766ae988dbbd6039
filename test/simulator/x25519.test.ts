// hal/mbedtls/x25519.c, which 32-bit processors use, against OpenSSL's X25519.
import { spawnSync } from "node:child_process";
import { createPrivateKey, createPublicKey, diffieHellman, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../../tools/build/places";

const folder = mkdtempSync(join(tmpdir(), "linkxs-x25519-"));
const program = join(folder, "x25519");
const p = 2n ** 255n - 19n;

beforeAll(() => {
	const tls = join(ROOT, "build/mbedtls/64");
	const made = spawnSync("gcc", [
		// As if there were no 128-bit integers; undefined behaviour ends it.
		...["-O2", "-U__SIZEOF_INT128__", "-fsanitize=undefined", "-fno-sanitize-recover", "-o", program],
		...[`-I${tls}/include`, join(ROOT, "hal/mbedtls/x25519.c"), join(ROOT, "test/simulator/x25519-main.c")],
		`${tls}/lib/libmbedcrypto.a`,
	]);
	expect(made.status, String(made.stderr)).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const littleEndian = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse();

/** ASN.1 in front of a raw key (RFC 8410). */
const privateKey = (raw: Buffer) =>
	createPrivateKey({
		key: Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), raw]),
		format: "der",
		type: "pkcs8",
	});
const publicKey = (raw: Buffer) =>
	createPublicKey({
		key: Buffer.concat([Buffer.from("302a300506032b656e032100", "hex"), raw]),
		format: "der",
		type: "spki",
	});

function multiply(pairs: readonly (readonly [Buffer, Buffer])[], rounds = 1): string[] {
	const { stdout, stderr, status } = spawnSync(program, [String(rounds)], { input: Buffer.concat(pairs.flat()) });
	expect(status, String(stderr)).toBe(0);
	return pairs.map((_, i) => stdout.subarray(32 * i, 32 * i + 32).toString("hex"));
}

test("the vectors of RFC 7748, section 5.2: two, and a thousand rounds", () => {
	const hex = (text: string) => Buffer.from(text, "hex");
	const vectors = [
		[
			hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"),
			hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"),
		],
		[
			hex("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d"),
			hex("e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493"),
		],
	] as const;
	expect(multiply(vectors)).toEqual([
		"c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
		"95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
	]);
	const nine = littleEndian(9n);
	expect(multiply([[nine, nine]], 1000)).toEqual(["684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"]);
});

test("agrees with OpenSSL over random numbers and those next to the modulus", () => {
	const edges = [
		2n,
		9n,
		p - 2n,
		p + 2n,
		p + 9n,
		p + 18n,
		2n ** 128n - 1n,
		2n ** 254n,
		2n ** 255n + 9n,
		2n ** 256n - 1n,
	];
	const points = [
		...edges.map(littleEndian),
		...Array.from({ length: 100 }, () => Buffer.concat([Buffer.alloc(28, 0xff), randomBytes(4)])),
		...Array.from({ length: 400 }, () => randomBytes(32)),
	];
	const pairs = points.map((u, i) => [i % 7 ? randomBytes(32) : Buffer.alloc(32, i % 2 ? 0xff : 0), u] as const);
	const theirs = pairs.map(([k, u]) =>
		diffieHellman({ privateKey: privateKey(k), publicKey: publicKey(u) }).toString("hex"),
	);
	expect(multiply(pairs)).toEqual(theirs);
});

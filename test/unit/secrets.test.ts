import { generateKeyPairSync, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { LEAST, tracesOf } from "../lib/secrets";

const around = (piece: Buffer | string) =>
	Buffer.concat([randomBytes(1000), Buffer.from(piece as Buffer), randomBytes(999)]);
const secret = randomBytes(32);
const base64In = (before: number) =>
	Buffer.concat([Buffer.alloc(before, 7), secret, Buffer.alloc(5, 9)]).toString("base64");

describe("a secret in memory is found", () => {
	test.each([
		["as it is", secret],
		["in hex", secret.toString("hex")],
		["in HEX", secret.toString("hex").toUpperCase()],
		["in base64", base64In(0)],
		["in base64", base64In(1)],
		["in base64", base64In(2)],
		["in 16-bit characters", Buffer.from(secret.toString("latin1"), "utf16le")],
		["in 16-bit characters, big-endian", Buffer.from(secret.toString("latin1"), "utf16le").swap16()],
	])("%s", (form, piece) => {
		expect(tracesOf(around(piece), { secret })).toContainEqual({ secret: "secret", form, offset: expect.any(Number) });
	});

	test("by any piece that is left of it", () => {
		for (let at = 0; at + LEAST * 1.5 <= secret.length; at++)
			expect(tracesOf(around(secret.subarray(at, at + LEAST * 1.5)), { secret })).toHaveLength(1);
		expect(tracesOf(around(secret.subarray(0, LEAST)), { secret })).toHaveLength(1);
		expect(tracesOf(around(secret.subarray(-LEAST)), { secret })).toHaveLength(1);
	});

	test("also a short one, as a whole", () => {
		expect(tracesOf(around("pass word"), { wifi: "pass word" })).toHaveLength(1);
		expect(tracesOf(around("pass wor"), { wifi: "pass word" })).toEqual([]);
	});

	test("a PEM's frame is none", () => {
		const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
		const pem = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
		expect(tracesOf(around("-----BEGIN PRIVATE KEY-----\n"), { pem })).toEqual([]);
		expect(tracesOf(around(pem), { pem })).toHaveLength(1);
		expect(tracesOf(around(pem.slice(100, 140)), { pem })).toHaveLength(1);
	});
});

test("nothing is found where nothing is", () => {
	expect(tracesOf(randomBytes(100_000), { secret })).toEqual([]);
});

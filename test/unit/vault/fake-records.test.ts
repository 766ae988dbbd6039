// The fake that other tests use does as the vault does.
import * as crypto from "hal/crypto";
import { VaultError } from "vault/error";
import type { Records } from "vault/records";
import Vault from "vault/vault";
import { describe, expect, test } from "vitest";
import { FakeRecords } from "../../lib/fake-records";
import { memoryFlash } from "./support";

const { Key } = crypto;
const vault = (): Records =>
	new Vault({
		flash: memoryFlash(32),
		crypto,
		deriveKey: (info) => Key.fromHmac("SHA256", new Uint8Array(32), [info]),
	});

const codeOf = (work: () => unknown): unknown => {
	try {
		return work();
	} catch (error) {
		return (error as { code?: string }).code;
	}
};

describe.each<[string, () => Records]>([
	["the vault", vault],
	["the fake", () => new FakeRecords()],
])("%s", (_name, make) => {
	test("reads what was written, each by its kind", () => {
		const records = make();
		records.write({
			"a/text": "é",
			"a/bytes": new Uint8Array([255]),
			"a/empty": "",
			"b/key": Key.from(new Uint8Array(9)),
		});
		expect([records.text("a/text"), records.bytes("a/text")]).toEqual(["é", new Uint8Array([0xc3, 0xa9])]);
		expect([records.text("a/empty"), records.has("a/empty"), records.has("a/none")]).toEqual(["", true, false]);
		expect([records.text("a/none"), records.bytes("a/none"), records.key("a/none")]).toEqual([
			undefined,
			undefined,
			undefined,
		]);
		expect([codeOf(() => records.text("b/key")), codeOf(() => records.bytes("b/key"))]).toEqual(["secret", "secret"]);
		expect(codeOf(() => records.text("a/bytes"))).toBe("not-text");
		expect([records.key("b/key")?.byteLength, records.key("a/text")?.byteLength]).toEqual([9, 2]);
		expect([records.names(), records.names("b")]).toEqual([["a/bytes", "a/empty", "a/text", "b/key"], ["b/key"]]);
	});

	test("gives and takes copies", () => {
		const records = make();
		const bytes = new Uint8Array([1, 2, 3]);
		const key = Key.from(bytes);
		records.write({ "a/bytes": bytes, "a/key": key });
		bytes.fill(0);
		key.close();
		records.bytes("a/bytes")?.fill(9);
		records.key("a/key")?.close();
		expect([records.bytes("a/bytes"), records.key("a/key")?.byteLength]).toEqual([new Uint8Array([1, 2, 3]), 3]);
	});

	test("takes all changes or none", () => {
		const records = make();
		records.write({ "a/1": "one" });
		expect(codeOf(() => records.write({ "a/1": "two", "a/2": new Uint8Array(4097) }))).toBe("value-too-long");
		expect(codeOf(() => records.write({ "a/1": "two", wrong: "x" }))).toBe("bad-name");
		expect(codeOf(() => records.has("a"))).toBe("bad-name");
		const many = Object.fromEntries(Array.from({ length: 256 }, (_, i) => [`m/${i}`, ""]));
		expect(codeOf(() => records.write(many))).toBe("full");
		expect([records.names(), records.text("a/1")]).toEqual([["a/1"], "one"]);
		records.write({ "a/1": undefined, "a/none": undefined, ...many });
		expect(records.names()).toHaveLength(256);
	});
});

test("the fake tells what was written, and fails when it's asked to", () => {
	const records = new FakeRecords({ "a/1": "one" });
	records.write({ "a/1": "one" });
	records.write({ "a/1": "uno", "a/2": Key.from(new Uint8Array(3)) });
	records.write({ "a/2": Key.from(new Uint8Array(3)) });
	records.failure = new VaultError("flash");
	expect(codeOf(() => records.write({ "a/3": "x" }))).toBe("flash");
	expect(records.written).toEqual([["a/1", "a/2"]]);
	expect(records.has("a/3")).toBe(false);
});

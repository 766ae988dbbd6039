import { hex, type Key } from "hal/crypto";
import { NvsError } from "nvs/error";
import { Nvs } from "nvs/nvs";
import { describe, expect, test } from "test/expect";
import { keyAt, Nor, NvsWriter, stride, textAt } from "./support";

const text = (bytes: Uint8Array | undefined): string => String.fromCharCode(...(bytes ?? []));

function shown(key: Key | undefined): string {
	const bytes = new Uint8Array(key?.byteLength ?? 0);
	key?.copyTo(bytes);
	return text(bytes);
}

/** A partition of three pages with two namespaces. */
function made(more: (writer: NvsWriter) => void = () => {}): Nor {
	const flash = new Nor(4);
	const writer = new NvsWriter(flash);
	writer.namespace(1, "phy");
	writer.namespace(2, "linkxs");
	writer.string(1, "deviceName", "another");
	writer.string(2, "deviceName", "device");
	writer.string(2, "deviceSecret", "the secret of the device");
	more(writer);
	return flash;
}

describe("a partition of NVS", () => {
	test("has namespaces, and keys in them", () => {
		const nvs = new Nvs({ flash: made() });
		expect(nvs.namespaces).toEqual(["linkxs", "phy"]);
		expect(nvs.open("nothing")).toBe(undefined);
		const found = nvs.open("linkxs");
		expect(found?.keys).toEqual(["deviceName", "deviceSecret"]);
		expect(textAt(found, "deviceName")).toBe("device");
		expect(text(found?.bytes("deviceName"))).toBe("device");
		expect(textAt(found, "nothing")).toBe(undefined);
		expect(keyAt(found, "nothing")).toBe(undefined);
		expect(shown(keyAt(found, "deviceSecret"))).toBe("the secret of the device");
		expect(textAt(nvs.open("phy"), "deviceName")).toBe("another");
	});

	test("that is empty, or no such one, has none", () => {
		expect(new Nvs({ flash: new Nor(3) }).namespaces).toEqual([]);
		const other = new Nor(1);
		other.bytes.fill(0x42);
		expect(new Nvs({ flash: other }).namespaces).toEqual([]);
	});

	test("has integers of all sizes", () => {
		const flash = made((writer) => {
			writer.entry(2, 0x01, "u8", [200, 255, 255, 255, 255, 255, 255, 255]);
			writer.entry(2, 0x11, "i8", [200, 255, 255, 255, 255, 255, 255, 255]);
			writer.entry(2, 0x02, "u16", [0x5b, 0x07, 255, 255, 255, 255, 255, 255]);
			writer.entry(2, 0x12, "i16", [0xff, 0xff, 255, 255, 255, 255, 255, 255]);
			writer.entry(2, 0x04, "u32", [0, 0, 0, 0x80, 255, 255, 255, 255]);
			writer.entry(2, 0x14, "i32", [0, 0, 0, 0x80, 255, 255, 255, 255]);
			writer.entry(2, 0x08, "u64", [255, 255, 255, 255, 255, 255, 255, 255]);
			writer.entry(2, 0x18, "i64", [255, 255, 255, 255, 255, 255, 255, 255]);
		});
		const found = new Nvs({ flash }).open("linkxs");
		const names = ["u8", "i8", "u16", "i16", "u32", "i32", "u64", "i64"];
		expect(names.map((name) => textAt(found, name)).join()).toBe(
			"200,-56,1883,-1,2147483648,-2147483648,18446744073709551615,-1",
		);
		expect(() => found?.bytes("u8")).toThrowCode("wrong-type");
		expect(() => keyAt(found, "u8")).toThrowCode("wrong-type");
	});

	test("has blobs of both formats, over pages", () => {
		const long = new Uint8Array(4096).map((_, i) => (i * 7) & 255);
		const flash = made((writer) => {
			writer.long(2, 0x41, "old", [1, 2, 3]);
			writer.blob(2, "long", long);
			writer.blob(2, "none", []);
			writer.blob(2, "longer", new Uint8Array(4098));
		});
		const found = new Nvs({ flash }).open("linkxs");
		expect(hex(found?.bytes("old") ?? new Uint8Array(0))).toBe("010203");
		expect(found?.bytes("long")).toEqual(long);
		expect(found?.bytes("none")).toEqual(new Uint8Array(0));
		expect(keyAt(found, "long")?.byteLength).toBe(4096);
		expect(() => found?.bytes("longer")).toThrowCode("too-long");
	});

	test("takes the last of what was written again, on whichever page, and nothing of what was erased", () => {
		const flash = made((writer) => {
			writer.string(2, "deviceName", "second"); // the power went before the first was erased
			const gone = writer.string(2, "gone", "x".repeat(40));
			for (const at of [gone, gone + 32, gone + 64]) writer.mark(at, 0);
			writer.blob(2, "filler", new Uint8Array(3900).fill(1), 1900);
			writer.string(2, "deviceName", "third");
			const half = writer.string(2, "half", "x".repeat(60));
			writer.mark(half + 64, 0); // erasing had begun
		});
		const found = new Nvs({ flash }).open("linkxs");
		expect(textAt(found, "deviceName")).toBe("third");
		expect(found?.keys).toEqual(["deviceName", "deviceSecret", "filler"]);
		expect(() => new Nvs({ flash }).open("linkxs", true)).toThrowCode("damaged");
	});

	test("reads pages by their numbers, not their places", () => {
		const flash = made((writer) => {
			writer.blob(2, "filler", new Uint8Array(3900).fill(1), 1900);
			writer.string(2, "deviceName", "later");
		});
		const [first, second] = [flash.bytes.slice(0, 4096), flash.bytes.slice(4096, 8192)];
		flash.bytes.set(second, 0);
		flash.bytes.set(first, 12288);
		flash.bytes.fill(0xff, 4096, 8192);
		expect(textAt(new Nvs({ flash }).open("linkxs"), "deviceName")).toBe("later");
	});

	test("is damaged when a page comes twice, or a chunk is missing", () => {
		const flash = made();
		flash.bytes.set(flash.bytes.slice(0, 4096), 8192);
		expect(() => new Nvs({ flash })).toThrowCode("damaged");
		const lacking = made((writer) => {
			writer.long(2, 0x42, "blob", [1, 2, 3], 0);
			writer.entry(2, 0x48, "blob", [6, 0, 0, 0, 2, 0, 255, 255]);
		});
		expect(() => new Nvs({ flash: lacking }).open("linkxs")?.bytes("blob")).toThrowCode("damaged");
	});

	test("is no other text than UTF-8", () => {
		const flash = made((writer) => void writer.long(2, 0x21, "latin", [0xfc, 0]));
		expect(() => textAt(new Nvs({ flash }).open("linkxs"), "latin")).toThrowCode("wrong-type");
	});

	test("of a flash that fails says so", () => {
		const flash = made();
		flash.read = () => {
			throw new Error("bus");
		};
		expect(() => new Nvs({ flash })).toThrowCode("flash");
		const error = new NvsError("flash", "read");
		expect([error.retry, new NvsError("damaged", "x").retry, error.name]).toEqual(["later", "never", "NvsError"]);
	});
});

test("any single bit that flips in a used page is found, or changes nothing", () => {
	const make = () => {
		const flash = new Nor(1);
		const writer = new NvsWriter(flash);
		writer.namespace(1, "linkxs");
		writer.string(1, "deviceSecret", "the secret of the device, which has some length");
		writer.entry(1, 0x02, "port", [0x5b, 0x07, 255, 255, 255, 255, 255, 255]);
		return flash;
	};
	const all = (flash: Nor): string => {
		const found = new Nvs({ flash }).open("linkxs", true);
		if (!found) return "nothing";
		return [...found.keys, shown(keyAt(found, "deviceSecret")), textAt(found, "port")].join();
	};
	const right = all(make());
	let [found, harmless] = [0, 0];
	const flash = make();
	// Header, states, the entries in use and a few free ones.
	for (let bit = 0; bit < (64 + 8 * 32) * 8; bit += stride(11)) {
		const at = bit >> 3;
		flash.bytes[at] = (flash.bytes[at] as number) ^ (1 << (bit & 7));
		try {
			const now = all(flash);
			if (now !== right) throw new Error(`bit ${bit}: ${now}`);
			harmless++;
		} catch (error) {
			expect(error).toMatchObject({ name: "NvsError", code: "damaged" });
			found++;
		}
		flash.bytes[at] = (flash.bytes[at] as number) ^ (1 << (bit & 7));
	}
	expect(found).toBeGreaterThan(1500 / stride(11));
	expect(harmless).toBeGreaterThan(0);
});

import { createHash } from "node:crypto";
import { crc32 as zlibCrc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type Creation, engineHash, type ImageContent, writeImage } from "../../../tools/build/image";
import { crc32 } from "../../../tools/lib/crc32";

const creation: Creation = {
	initialChunk: 1,
	incrementalChunk: 2,
	initialHeap: 3,
	incrementalHeap: 4,
	stack: 5,
	initialKeys: 6,
	incrementalKeys: 7,
	nameModulo: 8,
	symbolModulo: 9,
	parserBuffer: 10,
	parserTable: 11,
	static: 12,
};

const content: ImageContent = {
	kind: "firmware",
	board: "sim",
	version: "1.2.3",
	engine: "xs-13.3.0",
	engineHash: engineHash(["xs_b", "xs_a", "xs_b"]),
	debug: true,
	creation,
	main: "main",
	config: { name: "Grün" },
	modules: [
		{ name: "main", symbols: Buffer.from([1, 0]), code: Buffer.from([1, 2, 3]), preload: false },
		{ name: "ünï/code", symbols: Buffer.from([2, 0, 97, 0]), code: Buffer.alloc(5, 7), preload: true },
	],
	data: [{ name: "root.der", bytes: Buffer.from("bytes") }],
};

/** hal/IMAGE.md read anew, apart from the writer. */
function readImage(image: Buffer) {
	const view = new DataView(image.buffer, image.byteOffset, image.length);
	const u32 = (at: number) => view.getUint32(at, true);
	const text = (at: number, size: number) => {
		const bytes = image.subarray(at, at + size);
		expect(bytes.includes(0)).toBe(true);
		return bytes.subarray(0, bytes.indexOf(0)).toString();
	};
	const sections = new Map<string, { at: number; size: number }>();
	for (let row = 0; row < u32(256); row++) {
		const at = 260 + row * 12;
		sections.set(image.toString("latin1", at, at + 4), { at: u32(at + 4), size: u32(at + 8) });
	}
	const section = (tag: string) => sections.get(tag) ?? expect.unreachable(`no section ${tag}`);
	const rows = (tag: string, width: number) =>
		Array.from({ length: u32(section(tag).at) }, (_, row) => section(tag).at + 4 + row * width);
	const slice = (at: number) => image.subarray(u32(at), u32(at) + u32(at + 4));
	const named = (at: number) => {
		expect(image[u32(at) + u32(at + 4)]).toBe(0);
		return slice(at).toString();
	};
	return {
		magic: image.toString("latin1", 0, 4),
		format: view.getUint16(4, true),
		kind: view.getUint16(6, true),
		headerSize: u32(8),
		size: u32(12),
		board: text(16, 32),
		version: text(48, 32),
		engine: text(80, 16),
		engineHash: image.subarray(96, 128).toString("hex"),
		digest: image.subarray(128, 160).toString("hex"),
		signatureSize: u32(160),
		flags: u32(164),
		crc: u32(252),
		sections,
		creation: Array.from({ length: section("CREA").size / 4 }, (_, index) => u32(section("CREA").at + index * 4)),
		main: text(section("MAIN").at, section("MAIN").size),
		config: JSON.parse(text(section("CONF").at, section("CONF").size)) as unknown,
		modules: rows("MODS", 28).map((at) => ({
			name: named(at),
			symbols: [...slice(at + 8)],
			code: [...slice(at + 16)],
			flags: u32(at + 24),
		})),
		data: rows("DATA", 16).map((at) => ({ name: named(at), text: slice(at + 8).toString() })),
	};
}

describe("an image", () => {
	test("is what hal/IMAGE.md says", () => {
		const image = writeImage(content);
		const read = readImage(image);
		expect(read).toMatchObject({
			magic: "LKX1",
			format: 1,
			kind: 1,
			headerSize: 256,
			size: image.length,
			board: "sim",
			version: "1.2.3",
			engine: "xs-13.3.0",
			engineHash: createHash("sha256").update("xs-13.3.0\n16\nxs_a\nxs_b").digest("hex"),
			digest: createHash("sha256").update(image.subarray(256)).digest("hex"),
			signatureSize: 0,
			flags: 1,
			crc: crc32(image.subarray(0, 252)),
			creation: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0],
			main: "main",
			config: { name: "Grün" },
			modules: [
				{ name: "main", symbols: [1, 0], code: [1, 2, 3], flags: 0 },
				{ name: "ünï/code", symbols: [2, 0, 97, 0], code: [7, 7, 7, 7, 7], flags: 1 },
			],
			data: [{ name: "root.der", text: "bytes" }],
		});
	});

	test("has its sections at multiples of four, within its bounds, and apart", () => {
		const image = writeImage(content);
		let end = 260 + 5 * 12;
		for (const { at, size } of readImage(image).sections.values()) {
			expect(at % 4).toBe(0);
			expect(at).toBeGreaterThanOrEqual(end);
			end = at + size;
		}
		expect(end).toBeLessThanOrEqual(image.length);
	});

	test("is the same bytes for the same content", () => {
		expect(writeImage(content).equals(writeImage(structuredClone(content)))).toBe(true);
	});

	test("an app image without lines says so", () => {
		expect(readImage(writeImage({ ...content, kind: "app", debug: false }))).toMatchObject({ kind: 2, flags: 0 });
	});

	test("may have neither modules nor data", () => {
		expect(readImage(writeImage({ ...content, modules: [], data: [] }))).toMatchObject({ modules: [], data: [] });
	});

	test("refuses a board's name that has no room", () => {
		expect(() => writeImage({ ...content, board: "b".repeat(32) })).toThrow(expect.objectContaining({ code: "board" }));
		expect(readImage(writeImage({ ...content, board: "b".repeat(31) })).board).toHaveLength(31);
	});
});

test("the checksum is zlib's", () => {
	expect(crc32(Buffer.from("123456789"))).toBe(0xcbf43926);
	expect(crc32(Buffer.from("6789"), crc32(Buffer.from("12345")))).toBe(0xcbf43926);
	if (typeof zlibCrc32 === "function") {
		const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => (index * 7919) & 0xff));
		expect(crc32(bytes)).toBe(zlibCrc32(bytes));
	}
});

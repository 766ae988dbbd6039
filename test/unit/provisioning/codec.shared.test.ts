import { crc32 } from "checksum/crc32";
import { hex, unhex } from "hal/crypto";
import { encode } from "hal/text";
import { Deframer, FRAME_MAX, type Frame, GAP, HEADER, PAYLOAD_MAX, seal, statuses, tags } from "provisioning/codec";
import { FieldWriter, find, findAll, findU16, isWellFormed } from "provisioning/fields";
import { describe, expect, test } from "test/expect";
import { type Fields, frameOf, SESSION } from "./support";

// Frames written by hand after PROTOCOL.md; their CRCs are by Python's zlib.
const golden: [string, number, number, Fields, number, string][] = [
	["identify", 0x01, 0x0102, [], 1, "a5010101020000fcc6e8bd"],
	[
		"begin",
		0x03,
		0x0103,
		[
			[0x0c, SESSION],
			[0x0d, Uint8Array.of(0)],
		],
		1,
		"a501030103000f0c000801020304050607080d0001004529fd4c",
	],
	[
		"write",
		0x04,
		0x0104,
		[
			[0x0c, SESSION],
			[0x0a, "identity/productKey"],
			[0x0e, 11],
			[0x0f, 0],
			[0x10, "a1B2c3D4e5F"],
		],
		1,
		"a50104010400390c000801020304050607080a00136964656e746974792f70726f647563744b65790e0002000b0f0002000010000b6131" +
			"4232633344346535467b346fd6",
	],
	[
		"prove",
		0x07,
		0x0105,
		[
			[0x0a, "identity/deviceSecret"],
			[0x12, unhex("000102030405060708090a0b0c0d0e0f")],
		],
		1,
		"a501070105002b0a00156964656e746974792f646576696365536563726574120010000102030405060708090a0b0c0d0e0f66eb4777",
	],
	["identify of version 2", 0x01, 7, [], 2, "a5020100070000c4253f9d"],
];

/** Everything that comes out of `bytes` in pieces of `size`, and at last out of the silence behind them. */
function framesIn(bytes: Uint8Array, size: number, deframer = new Deframer()): string[] {
	const found: string[] = [];
	const take = () => {
		for (let frame = deframer.next(); frame; frame = deframer.next()) {
			found.push(`${frame.version} ${frame.type} ${frame.id} ${hex(frame.payload)}`);
			deframer.release();
		}
	};
	for (let at = 0; at < bytes.length; ) {
		const space = deframer.space(Math.min(size, bytes.length - at));
		space.set(bytes.subarray(at, at + space.length));
		at += space.length;
		deframer.filled(space.length);
		take();
	}
	while (deframer.inFrame) {
		deframer.cut();
		take();
	}
	return found;
}

const joined = (...parts: readonly Uint8Array[]): Uint8Array => {
	const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
	let at = 0;
	for (const part of parts) {
		all.set(part, at);
		at += part.length;
	}
	return all;
};

/** mulberry32: the same numbers on both worlds. */
function generator(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (state + 0x6d2b79f5) | 0;
		let value = Math.imul(state ^ (state >>> 15), 1 | state);
		value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
		return ((value ^ (value >>> 14)) >>> 0) % below;
	};
}

describe("CRC-32", () => {
	// python3 -c 'import zlib; print(hex(zlib.crc32(b"123456789")))'
	test.each<[string, number]>([
		["", 0],
		["123456789", 0xcbf43926],
		["a", 0xe8b7be43],
		["The quick brown fox jumps over the lazy dog", 0x414fa339],
	])("of %j", (text, expected) => {
		expect(crc32(encode(text))).toBe(expected);
	});

	test("of a part", () => {
		expect(crc32(encode("x123456789y"), 1, 10)).toBe(0xcbf43926);
	});
});

describe("frames", () => {
	test.each(golden)("%s is as written by hand, both ways", (_name, type, id, fields, version, expected) => {
		const frame = frameOf(type, id, fields, version);
		expect(hex(frame)).toBe(expected);
		expect(framesIn(frame, frame.length)).toEqual([`${version} ${type} ${id} ${expected.slice(14, -8)}`]);
	});

	test("split at every byte", () => {
		const [one, two] = [golden[2]?.[5] ?? "", golden[3]?.[5] ?? ""];
		const bytes = unhex(one + two);
		const whole = framesIn(bytes, bytes.length);
		expect(whole.length).toBe(2);
		for (let size = 1; size < bytes.length; size++) expect(framesIn(bytes, size)).toEqual(whole);
	});

	test("cut at every byte: nothing comes out, and the next one does", () => {
		const bytes = unhex(golden[2]?.[5] ?? "");
		const next = frameOf(1, 9);
		for (let end = 0; end < bytes.length; end++) {
			const deframer = new Deframer();
			expect(framesIn(bytes.subarray(0, end), 7, deframer)).toEqual([]);
			expect(framesIn(next, 5, deframer)).toEqual(["1 1 9 "]);
			// Without the silence the rest of the cut frame swallows no more than what can't be told apart.
			expect(framesIn(joined(bytes.subarray(0, end), next, next), 11)).toEqual(["1 1 9 ", "1 1 9 "]);
		}
	});

	test("with any one bit wrong nothing comes out", () => {
		const bytes = unhex(golden[1]?.[5] ?? "");
		for (let bit = 0; bit < bytes.length * 8; bit++) {
			const wrong = bytes.slice();
			wrong[bit >> 3] = (wrong[bit >> 3] as number) ^ (1 << (bit & 7));
			expect(framesIn(wrong, wrong.length)).toEqual([]);
			expect(framesIn(joined(wrong, bytes), 13).length).toBe(1);
		}
	});

	test("behind noise, also such that looks like a beginning", () => {
		const frame = frameOf(1, 3);
		for (const noise of [
			"00",
			"a5",
			"a5a5a5",
			"a50104",
			"a501040102",
			"a50104010202",
			"a5000101020000",
			"a5ff01",
			"0d0a3c78",
		]) {
			expect(framesIn(joined(unhex(noise), frame), 100)).toEqual(["1 1 3 "]);
			expect(framesIn(joined(unhex(noise), frame, unhex(noise), frame), 3)).toEqual(["1 1 3 ", "1 1 3 "]);
		}
	});

	test("the longest, and none that is longer", () => {
		const bytes = new Uint8Array(FRAME_MAX).fill(0xa5);
		expect(seal(bytes, 4, 0xffff, PAYLOAD_MAX)).toBe(FRAME_MAX);
		expect(framesIn(joined(bytes, bytes), 100)).toEqual(
			Array.from({ length: 2 }, () => `1 4 65535 ${"a5".repeat(PAYLOAD_MAX)}`),
		);
		expect(() => seal(new Uint8Array(1000), 4, 1, PAYLOAD_MAX + 1)).toThrow(RangeError);
	});

	test("what was read is wiped", () => {
		const deframer = new Deframer();
		const frame = frameOf(4, 1, [[tags.data, "secret"]]);
		const space = deframer.space(1000);
		space.set(frame);
		deframer.filled(frame.length);
		const payload = (deframer.next() as Frame).payload;
		const view = new Uint8Array(payload.buffer);
		expect(view.indexOf(0x73)).toBeGreaterThan(0);
		expect(() => deframer.next()).toThrow(TypeError);
		deframer.release();
		deframer.release();
		expect(view.every((byte) => byte === 0)).toBe(true);
		// Noise is, too, and what was moved to the buffer's beginning leaves nothing behind.
		const more = joined(encode("secret"), frame, frame.subarray(0, 20));
		deframer.space(1000).set(more);
		deframer.filled(more.length);
		deframer.next();
		deframer.release();
		deframer.space(10);
		expect(view.subarray(20).every((byte) => byte === 0)).toBe(true);
		deframer.reset();
		expect(view.every((byte) => byte === 0)).toBe(true);
		expect(deframer.noise).toBe(6);
		expect(deframer.inFrame).toBe(false);
	});

	test("while a frame isn't released, more bytes may come", () => {
		const deframer = new Deframer();
		const frame = frameOf(1, 1);
		deframer.space(1000).set(frame);
		deframer.filled(frame.length);
		deframer.next();
		const space = deframer.space(1000);
		expect(space.length).toBe(FRAME_MAX - frame.length);
		space.set(frame);
		deframer.filled(frame.length);
		expect(deframer.inFrame).toBe(false);
		deframer.release();
		expect(deframer.next()?.id).toBe(1);
	});

	const many = (count: number) => {
		const next = generator(11);
		for (let round = 0; round < count; round++) {
			const parts: Uint8Array[] = [];
			const sent: number[] = [];
			for (let part = 0; part < 4; part++) {
				const noise = Uint8Array.from({ length: next(12) }, () => (next(4) === 0 ? 0xa5 : next(256)));
				parts.push(noise);
				const id = next(65_536);
				// A version and a type that noise can't have by chance as often.
				const frame = frameOf(next(256), id, [[next(256), Uint8Array.from({ length: next(20) }, () => next(256))]]);
				if (next(8) === 0) {
					const at = next(frame.length);
					frame[at] = (frame[at] as number) ^ (1 + next(255));
				} else sent.push(id);
				parts.push(frame);
			}
			const found = framesIn(joined(...parts), 1 + next(40)).map((it) => Number(it.split(" ")[2]));
			// Each that was sent whole comes out once, in order, whatever was around it.
			if (String(found) !== String(sent)) throw new Error(`round ${round}: ${found} instead of ${sent}`);
		}
	};

	test("fuzz, seed 11", () => many(500));
	test("random bytes make no frame and take no memory", () => {
		const next = generator(12);
		const deframer = new Deframer();
		const bytes = Uint8Array.from({ length: 4096 }, () => next(256));
		for (let round = 0; round < 5; round++) expect(framesIn(bytes, 1 + next(600), deframer)).toEqual([]);
		expect(deframer.noise).toBe(5 * 4096);
	});
});

describe("fields", () => {
	const bytes = new Uint8Array(20);

	test("are written and found", () => {
		const writer = new FieldWriter(bytes, 0, 20);
		writer.byte(9).u8(1, 5).u16(2, 0x1234).bytes(1, Uint8Array.of(6));
		expect(writer.at).toBe(14);
		expect(writer.fits(3)).toBe(true);
		expect(writer.fits(4)).toBe(false);
		expect(() => writer.bytes(3, new Uint8Array(4))).toThrow(RangeError);
		const payload = bytes.subarray(0, writer.at);
		expect(hex(payload)).toBe("0901000105020002123401000106");
		expect(find(payload, 1, 1)).toEqual(Uint8Array.of(5));
		expect(findU16(payload, 1, 2)).toBe(0x1234);
		expect(findU16(payload, 1, 1)).toBe(undefined);
		expect(find(payload, 1, 4)).toBe(undefined);
		expect(findAll(payload, 1, 1).map((it) => it[0])).toEqual([5, 6]);
		expect(isWellFormed(payload, 1, true)).toBe(true);
		expect(isWellFormed(payload, 1, false)).toBe(false);
	});

	test("cut at every byte are told", () => {
		const payload = unhex("0100010502000212340300");
		for (let end = 0; end <= payload.length; end++) {
			const part = payload.subarray(0, end);
			expect(isWellFormed(part, 0, false)).toBe(end === 0 || end === 4 || end === 9);
			expect(find(part, 0, 3)).toBe(undefined);
			expect(findAll(part, 0, 2).length).toBe(end >= 9 ? 1 : 0);
		}
	});
});

test("numbers of the protocol's page", () => {
	expect([HEADER, PAYLOAD_MAX, FRAME_MAX, GAP]).toEqual([7, 512, 523, 250]);
	expect(statuses.length).toBe(16);
	expect(statuses.indexOf("failed")).toBe(0x0f);
	expect(tags.detail).toBe(0x14);
});

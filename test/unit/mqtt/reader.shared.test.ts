import { BUFFER_MIN, Reader } from "mqtt/reader";
import { describe, expect, test } from "test/expect";
import { bad, good } from "./packets";
import { bytes, concat, hex, Notes, publishPacket } from "./support";

/** What a reader makes of `stream`, given in chunks of `chunk` bytes: its lines, then the error if there's one. */
function read(stream: Uint8Array, chunk = stream.byteLength, size = BUFFER_MIN): string[] {
	const notes = new Notes();
	const reader = new Reader(notes, size);
	for (let at = 0; at < stream.byteLength; ) {
		const space = reader.space(Math.min(chunk, stream.byteLength - at));
		space.set(stream.subarray(at, at + space.byteLength));
		at += space.byteLength;
		const wrong = reader.filled(space.byteLength);
		if (wrong) return [...notes.lines, `! ${wrong}`];
	}
	return notes.lines;
}

describe("a packet", () => {
	for (const [name, packet, line] of good) test(name, () => expect(read(bytes(packet))).toEqual([line]));
	test("comes out the same byte by byte, in twos, in threes, all at once", () => {
		const all = concat(...good.map(([, packet]) => bytes(packet)));
		const lines = good.map(([, , line]) => line);
		for (const chunk of [1, 2, 3, 5, 7, 100, all.byteLength]) expect(read(all, chunk)).toEqual(lines);
	});
	test("not all there tells nothing", () => {
		for (const [, packet] of good) {
			const whole = bytes(packet);
			for (let length = 0; length < whole.byteLength; length += 1) {
				expect(read(whole.subarray(0, length))).toEqual([]);
			}
		}
	});
});

describe("a typed error for", () => {
	for (const [name, packet, code] of bad) {
		test(name, () => {
			const whole = bytes(packet);
			expect(read(whole)).toEqual([`! ${code}`]);
			expect(read(whole, 1)).toEqual([`! ${code}`]);
			expect(read(concat(bytes("d000"), whole))).toEqual(["pingresp", `! ${code}`]);
		});
	}
});

test("what a receiver says against a packet is the answer", () => {
	const notes = new Notes();
	const reader = new Reader(Object.assign(notes, { onPingresp: () => "order" as const }), BUFFER_MIN);
	reader.space(2).set(bytes("d000"));
	expect(reader.filled(2)).toBe("order");
});

describe("a PUBLISH larger than the buffer", () => {
	const payload = Uint8Array.from({ length: 1000 }, (_, index) => index & 255);
	const pieces = (lines: readonly string[]): string => lines.map((line) => line.split(" ")[2]).join("");

	test("comes in pieces", () => {
		const lines = read(concat(publishPacket("top", payload, 9), bytes("d000")));
		expect(lines.pop()).toBe("pingresp");
		expect(pieces(lines)).toBe(hex(payload));
		expect(lines.every((line) => line.startsWith("publish top ") && line.endsWith("/1000 9"))).toBe(true);
		let offset = 0;
		for (const line of lines) {
			expect(Number(line.split(" ")[3]?.split("/")[0])).toBe(offset);
			offset += (line.split(" ")[2] ?? "").length / 2;
		}
		expect(offset).toBe(1000);
	});
	test("comes out whole byte by byte, too", () => {
		for (const chunk of [1, 7, 255, 256]) expect(pieces(read(publishPacket("top", payload), chunk))).toBe(hex(payload));
	});
	test("may have a size in three or four bytes", () => {
		for (const total of [20_000, 2_100_000]) {
			const left = 3 + total;
			const head = [0x30, (left & 127) | 128, ((left >> 7) & 127) | 128];
			if (left < 2_097_152) head.push(left >> 14);
			else head.push(((left >> 14) & 127) | 128, left >> 21);
			let got = 0;
			const reader = new Reader(
				Object.assign(new Notes(), {
					onPublish(_topic: string, payload: Uint8Array, offset: number, whole: number): undefined {
						if (offset === got && whole === total) got += payload.byteLength;
					},
				}),
				4096,
			);
			const put = (some: Uint8Array): void => {
				const space = reader.space(some.byteLength);
				space.set(some.subarray(0, space.byteLength));
				expect(reader.filled(space.byteLength)).toBeUndefined();
			};
			put(concat(Uint8Array.from(head), bytes("000161")));
			const zeros = new Uint8Array(4096);
			for (let at = 0; at < total; at += 4096) put(zeros.subarray(0, Math.min(4096, total - at)));
			expect(got).toBe(total);
		}
	});
	test("whose head the buffer can't hold is refused", () => {
		expect(read(publishPacket("t".repeat(BUFFER_MIN), payload))).toEqual(["! too-large"]);
	});
	test("whose topic is longer than itself is refused", () => {
		const packet = publishPacket("t", new Uint8Array(300));
		packet.set([0xff, 0xff], 3);
		expect(read(packet)).toEqual(["! truncated"]);
	});
	test("with a bad topic or id is refused", () => {
		expect(read(publishPacket("t#", payload))).toEqual(["! topic"]);
		expect(read(publishPacket("t", payload, 0, 2))).toEqual(["! packet-id"]);
	});
	test("that the receiver has something against in its middle", () => {
		const reader = new Reader(Object.assign(new Notes(), { onPublish: () => "order" as const }), BUFFER_MIN);
		const packet = publishPacket("t", payload);
		const space = reader.space(packet.byteLength);
		space.set(packet.subarray(0, space.byteLength));
		expect(reader.filled(space.byteLength)).toBe("order");
	});
	test("that just fits comes whole", () => {
		const fits = new Uint8Array(BUFFER_MIN - 3 - 3);
		expect(read(publishPacket("t", fits), 100).length).toBe(1);
		expect(read(publishPacket("t", new Uint8Array(BUFFER_MIN - 3 - 2)), 100).length).toBeGreaterThan(1);
	});
});

describe("a reader", () => {
	test("needs a buffer for the longest topic", () => {
		expect(() => new Reader(new Notes(), BUFFER_MIN - 1)).toThrow(RangeError);
		expect(() => new Reader(new Notes(), Number.NaN)).toThrow(RangeError);
	});
	test("stops when told to, in the middle of what came, and goes on", () => {
		const notes = new Notes();
		const reader = new Reader(notes, BUFFER_MIN);
		const pause = Object.assign(notes, {
			onPuback(id: number): undefined {
				notes.lines.push(`puback ${id}`);
				reader.paused = true;
			},
		});
		reader.space(10).set(bytes("40020001 40020002 d000"));
		expect(reader.filled(10)).toBeUndefined();
		expect(pause.lines).toEqual(["puback 1"]);
		reader.space(2).set(bytes("d000"));
		expect(reader.filled(2)).toBeUndefined();
		expect(pause.lines).toEqual(["puback 1"]);
		reader.paused = false;
		expect(reader.resume()).toBeUndefined();
		reader.paused = false;
		reader.resume();
		expect(pause.lines).toEqual(["puback 1", "puback 2", "pingresp", "pingresp"]);
	});
	test("forgets on reset, also from a callback", () => {
		const notes = new Notes();
		const reader = new Reader(notes, BUFFER_MIN);
		reader.space(3).set(bytes("400200"));
		reader.filled(3);
		reader.reset();
		reader.space(2).set(bytes("d000"));
		reader.filled(2);
		Object.assign(notes, { onPingresp: () => reader.reset() });
		reader.space(4).set(bytes("d000d000"));
		expect(reader.filled(4)).toBeUndefined();
		expect(notes.lines).toEqual(["pingresp"]);
	});
	test("gives the same view for the same number of bytes", () => {
		const reader = new Reader(new Notes(), BUFFER_MIN);
		const first = reader.space(4);
		first.set(bytes("40020001"));
		reader.filled(4);
		expect(reader.space(4) === first).toBe(true);
	});
});

describe("a secret in a PUBLISH", () => {
	const SECRET = "s3cr3t-s3cr3t-s3cr3t";
	const secret = Uint8Array.from(SECRET, (letter) => letter.charCodeAt(0));

	/** A reader whose receiver wipes what it's given, and the buffer below it. */
	function wiping(leavesNothing: boolean) {
		const notes = new Notes();
		const reader = new Reader(
			Object.assign(notes, {
				onPublish(_topic: string, payload: Uint8Array) {
					payload.fill(0);
					return undefined;
				},
			}),
			BUFFER_MIN,
		);
		reader.leavesNothing = leavesNothing;
		const memory = new Uint8Array(reader.space(1).buffer);
		const feed = (bytes: Uint8Array) => {
			reader.space(bytes.byteLength).set(bytes);
			return reader.filled(bytes.byteLength);
		};
		/** Bytes that are letters of the secret's, where nothing else is. */
		const left = () => hex(memory).includes(hex(secret.subarray(0, 4)));
		return { reader, feed, left };
	}

	test("that came in two reads leaves nothing behind, wherever it was split", () => {
		const before = publishPacket("t", new Uint8Array(40));
		const packet = publishPacket("secret", secret);
		const all = concat(before, packet);
		for (let split = before.byteLength; split < all.byteLength; split += 1) {
			const { feed, left } = wiping(true);
			feed(all.subarray(0, split));
			feed(all.subarray(split));
			expect([split, left()]).toEqual([split, false]);
		}
	});
	test("would leave its first part where it came, by a reader that isn't told of secrets", () => {
		const all = concat(publishPacket("t", new Uint8Array(40)), publishPacket("secret", secret));
		const { feed, left } = wiping(false);
		feed(all.subarray(0, all.byteLength - 4));
		feed(all.subarray(all.byteLength - 4));
		expect(left()).toBe(true);
	});
	test("that broke off with its connection is wiped before the next", () => {
		const { reader, feed, left } = wiping(true);
		feed(publishPacket("secret", secret).subarray(0, 20));
		expect(left()).toBe(true);
		reader.reset();
		expect(left()).toBe(false);
	});
	test("that is larger than the buffer leaves nothing either", () => {
		const long = concat(...Array.from({ length: 40 }, () => secret));
		const all = concat(publishPacket("t", new Uint8Array(40)), publishPacket("secret", long));
		const { reader, left } = wiping(true);
		for (let at = 0; at < all.byteLength; ) {
			const space = reader.space(Math.min(100, all.byteLength - at));
			space.set(all.subarray(at, at + space.byteLength));
			at += space.byteLength;
			expect(reader.filled(space.byteLength)).toBe(undefined);
		}
		expect(left()).toBe(false);
	});
});

import { unhex } from "hal/crypto";
import { type Answer, PACKET_SIZE, question, readAnswer } from "network/sntp";
import { describe, expect, test } from "test/expect";
import { answerAt, COOKIE, EPOCH } from "./support";

const now = Date.UTC(2026, 10, 24, 12);
const read = (change?: (packet: DataView) => void) => readAnswer(answerAt(now, COOKIE, change), COOKIE);

describe("the question", () => {
	test("is a client's of version 4 with nothing in it but the cookie", () => {
		const packet = question(COOKIE);
		expect(Array.from(packet.subarray(0, 4))).toEqual([0x23, 0, 0, 0]);
		expect(Array.from(packet.subarray(40))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
		expect(packet.subarray(4, 40).every((byte) => byte === 0)).toBe(true);
		expect(packet.length).toBe(PACKET_SIZE);
	});
});

describe("an answer", () => {
	test("of chronyd 4.3, as it came", () => {
		const packet = unhex(
			"240300e700000000000000007f7f0101eeb016ce23b216300102030405060708eeb016cf6e5ec309eeb016cf6e6725d2",
		).buffer;
		const answer = readAnswer(packet, COOKIE);
		if (answer.kind !== "time") throw new Error(answer.kind);
		expect(Math.floor(answer.time)).toBe(Date.UTC(2026, 10, 24, 13, 59, 43, 431));
		expect(answer.held > 0 && answer.held < 1).toBe(true);
	});

	test("has the time that it was sent at, and how long it was held", () => {
		const answer = read();
		if (answer.kind !== "time") throw new Error(answer.kind);
		expect(Math.abs(answer.time - now)).toBeLessThan(0.001);
		expect(Math.abs(answer.held - 4)).toBeLessThan(0.001);
	});

	test.each([
		[0xffff_ffff, Date.UTC(2036, 1, 7, 6, 28, 15)],
		[0, Date.UTC(2036, 1, 7, 6, 28, 16)],
		[EPOCH, 0],
		[0x7fff_ffff, Date.UTC(2104, 1, 26, 9, 42, 23)],
	])("of %d seconds is read past 2036, too", (seconds, time) => {
		const answer = read((packet) => {
			packet.setUint32(32, seconds);
			packet.setUint32(36, 0x8000_0000);
			packet.setUint32(40, seconds);
			packet.setUint32(44, 0x8000_0000);
		});
		// Before 1968 there is none: the counter has begun anew.
		const read1970 = seconds === EPOCH ? { kind: "time", time: 500, held: 0 } : undefined;
		expect(answer).toEqual(read1970 ?? { kind: "time", time: time + 500, held: 0 });
	});

	test("may have more behind it (extensions, a MAC), and version 3", () => {
		const longer = new Uint8Array(68);
		longer.set(new Uint8Array(answerAt(now)));
		expect(readAnswer(longer.buffer, COOKIE).kind).toBe("time");
		expect(read((packet) => packet.setUint8(0, 0x1c)).kind).toBe("time");
	});

	test.each([
		["a client's question", (packet) => packet.setUint8(0, 0x23)],
		["a broadcast", (packet) => packet.setUint8(0, 0x25)],
		["a symmetric peer's", (packet) => packet.setUint8(0, 0x21)],
		["mode 0", (packet) => packet.setUint8(0, 0x20)],
		["version 2", (packet) => packet.setUint8(0, 0x14)],
		["version 5", (packet) => packet.setUint8(0, 0x2c)],
		["the originate timestamp of nobody", (packet) => packet.setUint32(24, 0)],
		["its last bit another one", (packet) => packet.setUint8(31, 9)],
		["no originate timestamp", (packet) => packet.setBigUint64(24, 0n)],
	] as [string, (packet: DataView) => void][])("is a stranger's with %s", (_name, change) => {
		expect(read(change)).toEqual({ kind: "stranger" });
	});

	test.each(Array.from({ length: PACKET_SIZE }, (_, length) => length))("is a stranger's with %d bytes", (length) => {
		expect(readAnswer(answerAt(now).slice(0, length), COOKIE)).toEqual({ kind: "stranger" });
	});

	test.each([
		["leap 3", "unsynchronised", (packet) => packet.setUint8(0, 0xe4)],
		["stratum 16", "stratum", (packet) => packet.setUint8(1, 16)],
		["stratum 255", "stratum", (packet) => packet.setUint8(1, 255)],
		["a root delay of 16 s", "distance", (packet) => packet.setUint32(4, 16 << 16)],
		["a negative root delay", "distance", (packet) => packet.setInt32(4, -1)],
		["a root dispersion of 16 s", "distance", (packet) => packet.setUint32(8, 16 << 16)],
		["no transmit timestamp", "timestamp", (packet) => packet.setBigUint64(40, 0n)],
		["no receive timestamp", "timestamp", (packet) => packet.setBigUint64(32, 0n)],
		["sent before it came", "timestamp", (packet) => packet.setUint32(32, packet.getUint32(40) + 1)],
		["held for 11 s", "timestamp", (packet) => packet.setUint32(32, packet.getUint32(40) - 11)],
	] as [string, string, (packet: DataView) => void][])("with %s is of no use: %s", (_name, why, change) => {
		expect(read(change)).toEqual({ kind: "useless", why } as Answer);
	});

	test.each([
		["DENY", "deny"],
		["RSTR", "deny"],
		["RATE", "rate"],
		["INIT", "other"],
		["\0\0\0\0", "other"],
	])("that is a kiss, %s, is not the time", (code, kiss) => {
		const answer = read((packet) => {
			packet.setUint8(0, 0xe4);
			packet.setUint8(1, 0);
			for (let i = 0; i < 4; i++) packet.setUint8(12 + i, code.charCodeAt(i));
		});
		expect(answer).toEqual({ kind: "kiss", kiss } as Answer);
	});

	test("that is a kiss for somebody else is a stranger's", () => {
		const answer = read((packet) => {
			packet.setUint8(1, 0);
			packet.setUint8(24, 0);
		});
		expect(answer).toEqual({ kind: "stranger" });
	});

	test.each([1, 15])("of stratum %d is good", (stratum) => {
		expect(read((packet) => packet.setUint8(1, stratum)).kind).toBe("time");
	});
});

describe("any bytes", () => {
	/** Numerical Recipes' generator: the same numbers on every machine. */
	function* numbers(seed: number) {
		for (let state = seed >>> 0; ; ) {
			state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
			yield state >>> 24;
		}
	}

	test("are answered without an exception, and are the time only with the cookie in its place", () => {
		const random = numbers(11);
		const next = () => random.next().value as number;
		let times = 0;
		for (let round = 0; round < 3000; round++) {
			const bytes = new Uint8Array(next() % 96);
			for (let i = 0; i < bytes.length; i++) bytes[i] = next();
			// Now and then something that is nearly right, so that the later checks are come to.
			if (round % 2 === 0 && bytes.length >= PACKET_SIZE) {
				bytes.set(new Uint8Array(answerAt(now)));
				for (let change = next() % 4; change >= 0; change--) bytes[next() % PACKET_SIZE] = next();
			}
			const answer = readAnswer(bytes.buffer, COOKIE);
			if (answer.kind === "stranger") continue;
			expect(Array.from(bytes.subarray(24, 32))).toEqual(Array.from(COOKIE));
			if (answer.kind !== "time") continue;
			times++;
			expect(answer.time >= -63_158_400_000 && answer.held >= 0).toBe(true);
		}
		expect(times).toBeGreaterThan(10);
	});
});

// ECMA-419 serial port: the second UART, at whose other end is an echo (serial.host.ts).
import Serial, { type SerialOptions } from "embedded:io/serial";
import { afterEach, describe, expect, test } from "test/expect";
import { deferred, firstWrong, list, pattern, sleep } from "./support";

const port = { port: 1, baud: 115_200 } as const;
const HOW_MANY = 0xfe;

let open: Serial[] = [];
afterEach(() => {
	for (const it of open) it.close();
	open = [];
});

function make(options: Partial<SerialOptions> = {}): Serial {
	const serial = new Serial({ ...port, ...options });
	open.push(serial);
	return serial;
}

/** A line with what came on it; the other end is there, and nothing of before is under way. */
class Line {
	readonly serial: Serial;
	received = new Uint8Array(0);
	isHolding = false;
	readonly calls: string[] = [];
	room = 0;

	constructor() {
		const line = this;
		this.serial = make({
			format: "buffer",
			onReadable(bytes) {
				line.calls.push(`readable ${bytes}`);
				if (!line.isHolding) line.take();
			},
			onWritable(bytes) {
				line.room = bytes;
			},
		});
	}

	take(): void {
		const bytes = new Uint8Array((this.serial.read() ?? new ArrayBuffer(0)) as ArrayBuffer);
		const all = new Uint8Array(this.received.length + bytes.length);
		all.set(this.received);
		all.set(bytes, this.received.length);
		this.received = all;
	}

	async until(condition: () => boolean): Promise<void> {
		while (!condition()) await sleep(2);
	}

	/** Writes all, as it fits; the room is what `onWritable` said less what was written since. */
	async write(bytes: Uint8Array): Promise<void> {
		for (let at = 0; at < bytes.length; ) {
			await this.until(() => this.room > 0);
			const size = Math.min(this.room, bytes.length - at);
			this.room -= size;
			this.serial.write(bytes.subarray(at, at + size));
			at += size;
		}
	}

	/** How many bytes have come to the other end since it was last asked. */
	async howMany(): Promise<number> {
		this.isHolding = false;
		this.received = new Uint8Array(0);
		this.serial.write(Uint8Array.of(HOW_MANY));
		await this.until(() => this.received.at(-1) === 10);
		return Number(String.fromCharCode(...this.received.subarray(this.received.lastIndexOf(63) + 1)));
	}
}

/** Until the other end is there a byte may be lost: it is asked until it answers, and then until it's quiet. */
async function connected(): Promise<Line> {
	const line = new Line();
	while (line.received.length === 0) {
		line.serial.write(Uint8Array.of(63));
		await sleep(20);
	}
	await line.howMany();
	line.received = new Uint8Array(0);
	line.calls.length = 0;
	return line;
}

describe("options", () => {
	test.each([
		["none", undefined],
		["null", null],
		["no port", { baud: 9600 }],
		["another port", { ...port, port: 7 }],
		["a port of another name", { ...port, port: "modem" }],
		["no baud", { port: 1 }],
		["5 baud", { port: 1, baud: 5 }],
		["a billion baud", { port: 1, baud: 1e9 }],
		["baud in text", { port: 1, baud: "9600" }],
		["onReadable that can't be called", { ...port, onReadable: 1 }],
		["onWritable that can't be called", { ...port, onWritable: {} }],
		["an unknown format", { ...port, format: "string" }],
	])("%s throws", (_name, options) => {
		expect(() => new Serial(options as SerialOptions)).toThrow();
		make();
	});

	test("a port that another has throws, until that gives it back", () => {
		const first = make();
		expect(() => make()).toThrow();
		first.close();
		make({ port: "console" }).close();
	});

	test("format is number, or what the option says; target is the object's", () => {
		const target = {};
		const serial = make({ target });
		expect([serial.format, serial.target === target]).toEqual(["number", true]);
		serial.format = "buffer";
		expect(serial.format).toBe("buffer");
		expect(() => {
			serial.format = "string" as "buffer";
		}).toThrow();
		expect(serial.format).toBe("buffer");
	});
});

test("no callback comes before the constructor has returned, and then onWritable", async () => {
	const calls: string[] = [];
	const told = deferred<number>();
	make({
		onWritable(bytes) {
			calls.push("writable");
			told.resolve(bytes);
		},
	});
	calls.push("constructed");
	expect(await told.promise).toBeGreaterThan(500);
	expect(calls).toEqual(["constructed", "writable"]);
});

describe("bytes", () => {
	test("go out and come back in order, 20,000 of them", async () => {
		const line = await connected();
		for (let at = 0; at < 20_000; at += 1000) {
			// Not the byte that is a question.
			const part = pattern(1000, at).map((byte) => byte & 0x7f);
			line.received = new Uint8Array(0);
			line.calls.length = 0;
			await line.write(part);
			await line.until(() => line.received.length >= 1000);
			expect(line.received.length).toBe(1000);
			expect(line.received.findIndex((byte, index) => byte !== part[index])).toBe(-1);
		}
	}, 20_000);

	test("are read singly as numbers", async () => {
		const line = await connected();
		line.isHolding = true;
		line.serial.format = "number";
		line.serial.write(200);
		line.serial.write(0);
		await line.until(() => line.calls.at(-1) === "readable 2");
		expect([line.serial.read(), line.serial.read(), line.serial.read()]).toEqual([200, 0, undefined]);
	});

	test("are read all, as many as asked for, or into a buffer", async () => {
		const line = await connected();
		line.isHolding = true;
		line.serial.write(pattern(20));
		await line.until(() => line.calls.at(-1) === "readable 20");
		expect(list(line.serial.read(3))).toEqual(Array.from(pattern(3)));
		const into = new Uint8Array(8);
		expect(line.serial.read(into.subarray(2, 6))).toBe(4);
		expect(Array.from(into)).toEqual([0, 0, ...pattern(4, 3), 0, 0]);
		const rest = new Uint8Array(line.serial.read() as ArrayBuffer);
		expect([rest.length, firstWrong(rest, 7)]).toEqual([13, -1]);
		expect(line.serial.read()).toBeUndefined();
		expect(line.serial.read(into)).toBeUndefined();
		for (const argument of ["5", -1, 1.5, {}, null]) expect(() => line.serial.read(argument as number)).toThrow();
	});

	test("that are none can't be written", async () => {
		const line = await connected();
		for (const value of [undefined, null, "text", 5, {}]) expect(() => line.serial.write(value as never)).toThrow();
		line.serial.format = "number";
		for (const value of [256, -1, 1.5, "5"]) expect(() => line.serial.write(value as never)).toThrow();
		line.serial.format = "buffer";
		expect(await line.howMany()).toBe(0);
	});

	test("of more than fits throw, and none of them is sent", async () => {
		const line = await connected();
		expect(() => line.serial.write(new Uint8Array(20_000))).toThrow();
		expect(await line.howMany()).toBe(0);
	});

	test("that nobody has read are thrown away by flush", async () => {
		const line = await connected();
		line.isHolding = true;
		line.serial.write(pattern(10));
		await line.until(() => line.calls.at(-1) === "readable 10");
		line.serial.flush(true, false);
		expect(line.serial.read()).toBeUndefined();
	});
});

describe("close", () => {
	test("twice is harmless; use afterwards throws", () => {
		const serial = make();
		serial.close();
		serial.close();
		expect(() => serial.read()).toThrow();
		expect(() => serial.write(1)).toThrow();
		expect(() => serial.flush()).toThrow();
		expect(() => serial.format).toThrow();
	});

	test("is the end of the callbacks", async () => {
		const line = await connected();
		line.serial.write(pattern(100));
		line.serial.close();
		await sleep(50);
		expect(line.calls).toEqual([]);
	});

	test("works in a callback", async () => {
		let calls = 0;
		const closed = deferred();
		make({
			onWritable() {
				calls++;
				this.close();
				expect(() => this.read()).toThrow();
				closed.resolve();
			},
		});
		await closed.promise;
		await sleep(20);
		expect(calls).toBe(1);
	});

	test("sends what was written before", async () => {
		const line = await connected();
		await line.write(pattern(500).map((byte) => byte & 0x7f));
		line.serial.close();
		await sleep(50);
		const next = new Line();
		await sleep(50);
		expect(await next.howMany()).toBe(500);
	});
});

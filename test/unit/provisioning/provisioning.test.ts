// The class over a port that the test plays: what it sends, when, and what it tells its owner.
import { Key, unhex } from "hal/crypto";
import { encode } from "hal/text";
import Log from "log/log";
import { commands, FRAME_MAX, tags } from "provisioning/codec";
import { ProvisioningError } from "provisioning/error";
import Provisioning, { type ProvisioningOptions } from "provisioning/provisioning";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FakeRecords } from "../../lib/fake-records";
import { clock } from "../../lib/hal/clock";
import { type Burned, deviceSecret, digestOf, type Fields, frameOf, info, SESSION, writeFields } from "./support";

type SerialOptions = ConstructorParameters<ProvisioningOptions["serial"]["io"]>[0];

/** A UART with room for `room` bytes, which go out when the test says so. */
class FakeSerial {
	static opened: FakeSerial[] = [];
	static get last(): FakeSerial {
		return FakeSerial.opened.at(-1) as FakeSerial;
	}
	static room = 1000;
	readonly options: SerialOptions;
	input: number[] = [];
	output: number[] = [];
	room = FakeSerial.room;
	closed = 0;

	constructor(options: SerialOptions) {
		this.options = options;
		FakeSerial.opened.push(this);
	}

	read(into: Uint8Array): number | undefined {
		const bytes = this.input.splice(0, into.length);
		into.set(bytes);
		return bytes.length || undefined;
	}

	write(bytes: Uint8Array): void {
		if (bytes.length > this.room) throw new Error("doesn't fit");
		this.room -= bytes.length;
		this.output.push(...bytes);
	}

	close(): void {
		this.closed += 1;
	}

	receive(bytes: Uint8Array): void {
		this.input.push(...bytes);
		this.options.onReadable?.call(this as never, this.input.length);
	}

	/** Everything is out; does the platform say so? */
	drain(tells = true): void {
		this.room = FakeSerial.room;
		if (tells) this.options.onWritable?.call(this as never, this.room);
	}

	/** The status of each answer so far. */
	get statuses(): number[] {
		const found: number[] = [];
		for (let at = 0; at + 11 < this.output.length; ) {
			const length = ((this.output[at + 5] as number) << 8) | (this.output[at + 6] as number);
			found.push(this.output[at + 7] as number);
			at += 11 + length;
		}
		return found;
	}
}

let lines: string[] = [];
let told: string[] = [];
let open: Provisioning | undefined;

beforeEach(() => {
	clock.reset();
	lines = [];
	told = [];
	FakeSerial.room = 1000;
});
afterEach(() => open?.close());

function start(options: Partial<ProvisioningOptions> = {}): { records: FakeRecords; serial: FakeSerial } {
	const records = new FakeRecords();
	open = new Provisioning({
		serial: { io: FakeSerial as never },
		records,
		info,
		log: new Log("console", { level: "debug", sink: (line) => void lines.push(line) }),
		onWritten: (kind) => void told.push(`written ${kind}`),
		onProvisioned: () => void told.push("provisioned"),
		onRestart: () => void told.push("restart"),
		...options,
	});
	return { records, serial: FakeSerial.last };
}

const session: Fields = [[tags.session, SESSION]];

function burn(serial: FakeSerial, records: readonly Burned[], id = SESSION): void {
	const session: Fields = [[tags.session, id]];
	serial.receive(frameOf(commands.begin, 1, [...session, [tags.flags, Uint8Array.of(0)]]));
	for (const [name, value] of records) {
		const bytes = typeof value === "string" ? encode(value) : value;
		serial.receive(frameOf(commands.write, 2, writeFields(name, bytes, 0, bytes.length, id)));
	}
	serial.receive(frameOf(commands.commit, 3, [...session, [tags.digest, digestOf(records)]]));
}

const bootOf = (serial: FakeSerial): Uint8Array => {
	const text = Buffer.from(serial.output).toString("latin1");
	const at = text.indexOf("\x06\x00\x08");
	return Uint8Array.from(serial.output.slice(at + 3, at + 11));
};

describe("the port", () => {
	test("is the console at 115,200 baud in buffers, unless it's said", () => {
		const { serial } = start();
		expect(serial.options).toMatchObject({ port: "console", baud: 115_200, format: "buffer" });
		const other = start({ serial: { io: FakeSerial as never, port: 2, baud: 921_600, receive: 4, transmit: 5 } });
		expect(other.serial.options).toMatchObject({ port: 2, baud: 921_600, receive: 4, transmit: 5 });
	});

	test("is left by close, which may come twice; nothing is told any more", () => {
		const { serial } = start();
		burn(serial, deviceSecret);
		open?.close();
		open?.close();
		expect(serial.closed).toBe(1);
		const before = serial.output.length;
		serial.receive(frameOf(commands.identify, 1));
		serial.drain();
		clock.pass(60_000);
		expect(serial.output.length).toBe(before);
		expect(told).toEqual(["written device-secret"]);
	});

	test("may be closed from within onWritten", () => {
		const { serial, records } = start({ onWritten: () => open?.close() });
		burn(serial, deviceSecret);
		expect(records.written.length).toBe(1);
		expect(serial.closed).toBe(1);
		clock.pass(60_000);
	});
});

describe("answers", () => {
	test("go out in pieces as there's room, and the next request waits until then", () => {
		FakeSerial.room = 64;
		const { serial } = start();
		const frame = frameOf(commands.identify, 7);
		serial.receive(Buffer.concat([frame, frame]));
		expect(serial.output.length).toBe(64);
		for (let round = 0; round < 10; round++) serial.drain();
		expect(serial.statuses).toEqual([0, 0]);
	});

	test("also where the platform doesn't tell that there's room again", () => {
		FakeSerial.room = 64;
		const { serial } = start();
		serial.receive(frameOf(commands.identify, 7));
		serial.receive(frameOf(commands.identify, 8));
		for (let round = 0; round < 10; round++) {
			serial.drain(false);
			clock.pass(10);
		}
		expect(serial.statuses).toEqual([0, 0]);
	});

	test("come to a frame behind one that was cut, after the silence", () => {
		const { serial } = start();
		serial.receive(unhex("a50104000102"));
		serial.receive(unhex("00"));
		serial.receive(frameOf(commands.identify, 7));
		expect(serial.output).toEqual([]);
		clock.pass(250);
		expect(serial.statuses).toEqual([0]);
	});

	test("none to 100,000 bytes of noise", () => {
		const { serial } = start();
		for (let round = 0; round < 100; round++)
			serial.receive(Uint8Array.from({ length: 1000 }, (_, at) => (at * 7 + round) & 0xff));
		clock.pass(250);
		expect(serial.output).toEqual([]);
		serial.receive(frameOf(commands.identify, 7));
		expect(serial.statuses).toEqual([0]);
	});
});

describe("what is told", () => {
	test("records that were written, and after five silent seconds that the device may go on", () => {
		const { serial, records } = start();
		burn(serial, deviceSecret);
		expect(records.names().length).toBe(3);
		expect(told).toEqual(["written device-secret"]);
		clock.pass(4999);
		expect(told.length).toBe(1);
		clock.pass(1);
		expect(told).toEqual(["written device-secret", "provisioned"]);
		clock.pass(60_000);
		expect(told.length).toBe(2);
	});

	test("a restart that the host asks for, 100 ms after its answer", () => {
		const { serial } = start();
		burn(serial, deviceSecret);
		serial.receive(frameOf(commands.identify, 4));
		serial.receive(frameOf(commands.restart, 5, [[tags.boot, bootOf(serial)]]));
		expect(serial.statuses.at(-1)).toBe(0);
		clock.pass(50);
		// Its answer was lost.
		serial.receive(frameOf(commands.restart, 5, [[tags.boot, bootOf(serial)]]));
		clock.pass(49);
		expect(told).toEqual(["written device-secret"]);
		clock.pass(1);
		expect(told).toEqual(["written device-secret", "restart"]);
		clock.pass(60_000);
		expect(told.length).toBe(2);
	});

	test("nothing that is secret, in any line", () => {
		const { serial } = start({ locked: () => false });
		burn(serial, deviceSecret);
		burn(serial, [["identity/deviceSecret", "secret-of-dev1"]], unhex("ffffffffffffffff"));
		serial.receive(frameOf(0x55, 1));
		expect(lines).toEqual([
			"I console records written, identity: device-secret",
			"W console refused: incomplete: no identity has just these records",
			"W console refused: unsupported",
		]);
		expect(JSON.stringify([lines, told])).not.toContain("secret-of");
	});

	test("that it is locked", () => {
		const { serial, records } = start({ locked: () => true });
		burn(serial, deviceSecret);
		expect(serial.statuses).toEqual(Array.from({ length: 5 }, () => 0x0e));
		expect(records.names()).toEqual([]);
	});

	test("without anybody who listens", () => {
		const records = new FakeRecords();
		open = new Provisioning({
			serial: { io: FakeSerial as never },
			records,
			info,
			log: new Log("console", { level: "silent" }),
		});
		burn(FakeSerial.last, [["link/host", "a"]]);
		clock.pass(60_000);
		expect(records.text("link/host")).toBe("a");
	});
});

test("a session that is forgotten leaves nothing stored, and its secret closed", () => {
	const closed: number[] = [];
	const close = Key.prototype.close;
	Key.prototype.close = function (this: Key) {
		closed.push(this.byteLength);
		close.call(this);
	};
	try {
		const { serial, records } = start();
		serial.receive(frameOf(commands.begin, 1, [...session, [tags.flags, Uint8Array.of(0)]]));
		serial.receive(frameOf(commands.write, 2, writeFields("identity/deviceSecret", encode("secret-of-dev1"))));
		closed.length = 0;
		clock.pass(30_000);
		expect(closed).toEqual([14]);
		expect(records.names()).toEqual([]);
	} finally {
		Key.prototype.close = close;
	}
});

test("errors tell whether to try again", () => {
	expect(new ProvisioningError("no-session").retry).toBe("now");
	expect(new ProvisioningError("storage", "full", new Error("x"))).toMatchObject({
		name: "ProvisioningError",
		message: "storage: full",
		retry: "later",
		cause: new Error("x"),
	});
	expect(new ProvisioningError("locked").retry).toBe("never");
	expect(() => new ProvisioningError("other" as never)).toThrow(TypeError);
	expect(FRAME_MAX).toBe(523);
});

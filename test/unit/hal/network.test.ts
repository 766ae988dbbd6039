import type { NetworkError } from "hal/network";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { clock } from "../../lib/hal/clock";

// hal/esp32/network.ts and ntp.ts over made-up Wi-Fi, storage, resolver, UDP and clock.
interface Sent {
	readonly bytes: Uint8Array;
	readonly address: string;
	readonly port: number;
}
const world = vi.hoisted(() => ({
	stored: {} as Record<string, string>,
	time: undefined as number | undefined,
	changed: undefined as ((property: string) => void) | undefined,
	connection: 200,
	connects: [] as object[],
	noRadio: false,
	server: "10.0.0.9" as string | undefined,
	asked: [] as string[],
	sent: [] as Sent[],
	packets: [] as object[],
	receive: undefined as (() => void) | undefined,
	open: 0,
}));

vi.mock("embedded:storage/key-value", () => ({
	default: { open: () => ({ read: (key: string) => world.stored[key], close() {} }) },
}));
vi.mock("embedded:network/interface/wifi", () => ({
	default: class {
		constructor(options: { onChanged(property: string): void }) {
			if (world.noRadio) throw new Error("no radio");
			world.changed = options.onChanged;
		}
		get connection() {
			return world.connection;
		}
		connect(options: object) {
			world.connects.push(options);
		}
		close() {
			world.changed = undefined;
		}
	},
}));
vi.mock("embedded:io/socket/udp", () => ({
	default: class {
		constructor({ onReadable }: { onReadable(): void }) {
			world.open++;
			world.receive = () => onReadable.call(this);
		}
		read() {
			return world.packets.shift();
		}
		write(bytes: Uint8Array, address: string, port: number) {
			world.sent.push({ bytes: bytes.slice(), address, port });
		}
		close() {
			world.open--;
			world.receive = undefined;
		}
	},
}));
vi.mock("net", () => ({
	default: {
		resolve(name: string, callback: (name: string, address?: string) => void) {
			world.asked.push(name);
			callback(name, world.server);
		},
	},
}));
vi.mock("mc/config", () => ({ default: { ntp: "time.example" } }));
vi.mock("hal/system", () => ({
	ticks: () => clock.now,
	time: () => world.time,
	setTime: (ms: number) => {
		world.time = ms;
	},
}));

const { default: Network } = await import("../../../hal/esp32/network");
const { isAnswer, timestampAt } = await import("../../../hal/esp32/ntp");

const epoch = 2_208_988_800;
const now = Date.UTC(2026, 10, 24, 12);

/** A time server's answer to the last question. */
function answer(
	change: (bytes: Uint8Array) => void = () => {},
): ArrayBuffer & { address: string | undefined; port: number } {
	const bytes = new Uint8Array(48);
	bytes[0] = 0x24; // version 4, server
	bytes[1] = 2;
	bytes.set(world.sent.at(-1)?.bytes.subarray(40) ?? [], 24);
	new DataView(bytes.buffer).setUint32(40, now / 1000 + epoch);
	change(bytes);
	return Object.assign(bytes.buffer, { address: world.server, port: 123 });
}

function deliver(packet: object): void {
	world.packets.push(packet);
	world.receive?.();
}

function to(connection: number): void {
	world.connection = connection;
	world.changed?.("connection");
}

function start() {
	const events: string[] = [];
	const network = new Network({
		onOnline: () => events.push("online"),
		onOffline: (error: NetworkError) => events.push(`${error.code} ${error.retry} ${error.detail}`),
	});
	return { events, network };
}

beforeEach(() => {
	clock.reset();
	vi.spyOn(Math, "random").mockReturnValue(0.5);
	Object.assign(world, {
		stored: { ssid: "home", password: "secret" },
		time: undefined,
		connection: 200,
		connects: [],
	});
	Object.assign(world, { noRadio: false, server: "10.0.0.9", asked: [], sent: [], packets: [], open: 0 });
});

describe("Wi-Fi", () => {
	test("connects with what storage has, asks for the time, and is online then", () => {
		const { events } = start();
		expect(world.connects).toEqual([]); // never before the constructor returned
		clock.pass(0);
		expect(world.connects).toEqual([{ SSID: "home", password: "secret" }]);
		to(300);
		to(400);
		to(500);
		expect(events).toEqual([]);
		expect(world.asked).toEqual(["time.example"]);
		deliver(answer());
		expect(events).toEqual(["online"]);
		expect(world.time).toBe(now);
		expect(world.open).toBe(0);
	});

	test("needs no time server when the clock is set, and no password for an open network", () => {
		world.time = now;
		world.stored = { ssid: "cafe" };
		const { events } = start();
		clock.pass(0);
		expect(world.connects).toEqual([{ SSID: "cafe" }]);
		to(500);
		expect(events).toEqual(["online"]);
		expect(world.asked).toEqual([]);
	});

	test("without a name in storage says so once", () => {
		world.stored = {};
		const { events } = start();
		clock.pass(3_600_000);
		expect(events).toEqual(["no-credentials never wifi/ssid"]);
	});

	test("tries again after a pause that doubles up to a minute", () => {
		const { events } = start();
		clock.pass(0);
		const times: number[] = [];
		for (let i = 0; i < 9; i++) {
			to(200);
			const before = world.connects.length;
			const at = clock.now;
			while (world.connects.length === before) clock.pass(100);
			times.push(clock.now - at);
		}
		expect(times).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
		expect(new Set(events)).toEqual(new Set(["no-network later home"]));
	});

	test("tells a loss apart, and comes back", () => {
		world.time = now;
		const { events } = start();
		clock.pass(0);
		to(500);
		to(200);
		clock.pass(1000);
		to(500);
		expect(events).toEqual(["online", "lost later home", "online"]);
	});

	test("tells what the radio's own words are, and tries again", () => {
		world.noRadio = true;
		const { events } = start();
		clock.pass(0);
		expect(events).toEqual(["system later Error: no radio"]);
		world.noRadio = false;
		clock.pass(1000);
		expect(world.connects).toHaveLength(1);
	});

	test("says nothing after close()", () => {
		const { events, network } = start();
		clock.pass(0);
		to(500);
		network.close();
		network.close();
		deliver(answer());
		clock.pass(600_000);
		expect(events).toEqual([]);
		expect(world.open).toBe(0);
	});
});

describe("the time", () => {
	test("that nobody answers is asked three times, then the device goes online without, and asks on", () => {
		const { events } = start();
		clock.pass(0);
		to(500);
		expect(world.sent).toHaveLength(1);
		expect(world.sent[0]).toMatchObject({ address: "10.0.0.9", port: 123 });
		clock.pass(6000);
		expect(world.sent).toHaveLength(3);
		expect(events).toEqual([]);
		clock.pass(3000);
		expect(events).toEqual(["online"]);
		clock.pass(60_000);
		deliver(answer());
		expect(world.time).toBe(now);
		expect(events).toEqual(["online"]);
	});

	test("of a server without an address is asked for later", () => {
		world.server = undefined;
		const { events } = start();
		clock.pass(0);
		to(500);
		expect(events).toEqual(["online"]);
		expect(world.time).toBeUndefined();
	});

	test("is half of the way older", () => {
		start();
		clock.pass(0);
		to(500);
		clock.pass(100);
		deliver(answer());
		expect(world.time).toBe(now + 50);
	});

	test.each([
		["another address", (packet: object) => Object.assign(packet, { address: "10.6.6.6" })],
		["another port", (packet: object) => Object.assign(packet, { port: 124 })],
	])("from %s is not believed", (_name, spoil) => {
		start();
		clock.pass(0);
		to(500);
		deliver(spoil(answer()));
		expect(world.time).toBeUndefined();
	});

	const cookie = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
	const packet = (change: (bytes: Uint8Array) => void = () => {}) => {
		const bytes = new Uint8Array(48);
		bytes[0] = 0x24;
		bytes[1] = 1;
		bytes.set(cookie, 24);
		change(bytes);
		return bytes.buffer;
	};

	test.each([
		["a client's mode", 0, 0x23],
		["not synchronised", 0, 0xe4],
		["kiss of death (stratum 0)", 1, 0],
		["stratum 16", 1, 16],
		["another cookie", 31, 9],
	])("is no answer with %s", (_name, at, value) => {
		expect(isAnswer(packet(), cookie)).toBe(true);
		expect(
			isAnswer(
				packet((bytes) => bytes.set([value], at)),
				cookie,
			),
		).toBe(false);
	});

	test("is no answer when it is cut short", () => {
		expect(isAnswer(packet().slice(0, 47), cookie)).toBe(false);
	});

	test.each([
		[epoch + 1_795_521_600, Date.UTC(2026, 10, 24, 12)],
		[0xffff_ffff, Date.UTC(2036, 1, 7, 6, 28, 15)],
		[0, Date.UTC(2036, 1, 7, 6, 28, 16)],
	])("of %d seconds is read past 2036, too", (seconds, time) => {
		const view = new DataView(new ArrayBuffer(8));
		view.setUint32(0, seconds);
		view.setUint32(4, 0x8000_0000);
		expect(timestampAt(view, 0)).toBe(time + 500);
	});
});

// ECMA-419 Wi-Fi: the interface class that `hal/interface` gives, among the access points of wifi.host.ts.
import type { TCPError } from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import { Key } from "hal/crypto";
import networkInterface, { type ScanResult, type WiFi } from "hal/interface";
import { encode } from "hal/text";
import config from "mc/config";
import { afterEach, describe, expect, test } from "test/expect";
import { Probe, sleep } from "./support";

const port = Number(config.port);
const address = "127.0.0.1";

function make(onChanged?: (property: string) => void): WiFi {
	const { kind, io } = networkInterface();
	if (kind !== "wifi") throw new Error("no radio");
	return new io(onChanged ? { onChanged } : {});
}

/** An object with what it told: the property, and the connection at that time. */
class Radio {
	readonly wifi: WiFi;
	readonly told: string[] = [];
	#wake: (() => void) | undefined;

	constructor() {
		const radio = this;
		this.wifi = make(function (this: unknown, property: string) {
			expect(this).toBe(radio.wifi);
			radio.told.push(property === "connection" ? String(radio.wifi.connection) : property);
			radio.#wake?.();
		});
		open.push(this.wifi);
	}

	/** Until it has told that. */
	async until(text: string): Promise<void> {
		while (!this.told.includes(text)) await new Promise<void>((resolve) => (this.#wake = resolve));
	}

	async join(SSID: string, password?: string): Promise<void> {
		this.wifi.connect(password === undefined ? { SSID } : { SSID, password });
		await this.until("address");
	}
}

const open: WiFi[] = [];

afterEach(() => {
	const last = make();
	if (last.connection > 200) last.disconnect();
	last.close();
	for (const wifi of open.splice(0)) wifi.close();
});

describe("connect", () => {
	test("joins and gets an address, each step told by the standard's number", async () => {
		const { wifi, told } = new Radio();
		expect(wifi.connection).toBe(200);
		expect(wifi.address).toBeUndefined();
		wifi.connect({ SSID: "my home", password: "correct horse" });
		expect(wifi.connection).toBe(300);
		expect(told).toEqual([]);
		while (wifi.connection < 500) await sleep(5);
		await sleep(1);
		expect(told).toEqual(["400", "500", "address"]);
		expect(wifi.address).toBe(address);
	});

	test("tells what it is connected to: the strongest of that name", async () => {
		const radio = new Radio();
		expect([radio.wifi.SSID, radio.wifi.BSSID, radio.wifi.RSSI, radio.wifi.channel]).toEqual([
			...Array.from({ length: 4 }, () => undefined),
		]);
		await radio.join("my home", "correct horse");
		expect([radio.wifi.SSID, radio.wifi.RSSI, radio.wifi.channel]).toEqual(["my home", -40, 6]);
		expect(radio.wifi.BSSID).toMatch(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
		expect(radio.wifi.MAC).toMatch(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
	});

	test("takes a Key as the password, which may be closed at once", async () => {
		const radio = new Radio();
		const password = Key.from(encode("correct horse"));
		radio.wifi.connect({ SSID: "my home", password });
		password.close();
		await radio.until("address");
		expect(radio.wifi.failure).toBeUndefined();
	});

	test("takes no password for an open network, and finds one that hides", async () => {
		const radio = new Radio();
		await radio.join("cafe");
		radio.wifi.disconnect();
		radio.told.length = 0;
		await radio.join("shy", "secret-key");
	});

	test.each([
		["a wrong key", { SSID: "my home", password: "incorrect horse" }, "wrong-key"],
		["no key where one is needed", { SSID: "my home" }, "wrong-key"],
		["a key where none is wanted", { SSID: "cafe", password: "correct horse" }, "wrong-key"],
		["a name that nobody has", { SSID: "nobody" }, "no-signal"],
		["one that isn't there now", { SSID: "later" }, "no-signal"],
		["one that takes nobody", { SSID: "full" }, "refused"],
	])("fails with %s", async (_name, options, failure) => {
		const radio = new Radio();
		radio.wifi.connect(options);
		await radio.until("200");
		expect(radio.wifi.failure).toBe(failure);
		expect(radio.told).toEqual(["200"]);
		await radio.join("cafe");
		expect(radio.wifi.failure).toBeUndefined();
	});

	test("stays at 400 where nobody gives an address", async () => {
		const radio = new Radio();
		radio.wifi.connect({ SSID: "mute" });
		await radio.until("400");
		await sleep(50);
		expect(radio.wifi.connection).toBe(400);
		expect(radio.wifi.address).toBeUndefined();
	});

	test("throws while it is connecting, and works then", async () => {
		const radio = new Radio();
		radio.wifi.connect({ SSID: "cafe" });
		expect(() => radio.wifi.connect({ SSID: "cafe" })).toThrow();
		await radio.until("address");
	});

	test.each([
		["no options", undefined],
		["no SSID", { password: "correct horse" }],
		["an empty SSID", { SSID: "" }],
		["an SSID of 33 bytes", { SSID: "x".repeat(33) }],
		["a short password", { SSID: "cafe", password: "1234567" }],
		["a long password", { SSID: "cafe", password: "x".repeat(65) }],
		["a password that is bytes", { SSID: "cafe", password: new Uint8Array(8) }],
	])("refuses %s", (_name, options) => {
		const { wifi } = new Radio();
		expect(() => wifi.connect(options as { SSID: string })).toThrow();
		expect(wifi.connection).toBe(200);
	});
});

describe("disconnect", () => {
	test("is there when it returns, and tells others only", async () => {
		const radio = new Radio();
		const other = new Radio();
		await radio.join("cafe");
		await other.until("address");
		radio.told.length = 0;
		radio.wifi.disconnect();
		expect([radio.wifi.connection, other.wifi.connection]).toEqual([200, 200]);
		await other.until("200");
		await sleep(1);
		expect(radio.told).toEqual([]);
	});
});

describe("scan", () => {
	function scan(wifi: WiFi): Promise<ScanResult[]> {
		const found: ScanResult[] = [];
		return new Promise((resolve) => wifi.scan({ onFound: (it) => found.push(it), onComplete: () => resolve(found) }));
	}

	test("finds what shows itself", async () => {
		const found = await scan(new Radio().wifi);
		expect(found.map(({ SSID }) => SSID)).toEqual(["my home", "my home", "cafe", "mute", "full", "brief"]);
		expect(found[0]).toMatchObject({ RSSI: -40, channel: 6, security: "wpa2_psk" });
		expect(found[2]).toMatchObject({ SSID: "cafe", security: "none" });
		expect(new Set(found.map(({ BSSID }) => BSSID)).size).toBe(found.length);
	});

	test("throws while one is under way, and while it connects", async () => {
		const { wifi } = new Radio();
		const first = scan(wifi);
		expect(() => wifi.scan({ onFound() {} })).toThrow();
		await first;
		wifi.connect({ SSID: "cafe" });
		expect(() => wifi.scan({ onFound() {} })).toThrow();
		expect(() => wifi.scan({} as { onFound(): void })).toThrow();
	});

	test("is over with close(), and the next object's begins", async () => {
		const { wifi } = new Radio();
		const told: string[] = [];
		wifi.scan({ onFound: () => told.push("found"), onComplete: () => told.push("complete") });
		wifi.close();
		await scan(new Radio().wifi);
		expect(told).toEqual([]);
	});

	test("may be closed by what it finds", async () => {
		const { wifi } = new Radio();
		const told: string[] = [];
		wifi.scan({
			onFound({ SSID }) {
				told.push(SSID);
				wifi.close();
			},
			onComplete: () => told.push("complete"),
		});
		while (told.length === 0) await sleep(5);
		await scan(new Radio().wifi);
		expect(told).toEqual(["my home"]);
	});
});

describe("close", () => {
	test("leaves the connection to others; a second one is harmless, any other use throws", async () => {
		const radio = new Radio();
		const other = new Radio();
		await radio.join("cafe");
		radio.wifi.close();
		radio.wifi.close();
		expect(other.wifi.connection).toBe(500);
		expect(() => radio.wifi.connection).toThrow();
		expect(() => radio.wifi.connect({ SSID: "cafe" })).toThrow();
		expect(() => radio.wifi.disconnect()).toThrow();
		expect(() => radio.wifi.scan({ onFound() {} })).toThrow();
	});

	test("in a callback ends the callbacks", async () => {
		const radio = new Radio();
		const told: string[] = [];
		const wifi = make((property) => {
			told.push(property);
			if (wifi.connection === 500) wifi.close();
		});
		await radio.join("cafe");
		await sleep(1);
		// Of another object's connect: 300, 400, 500.
		expect(told).toEqual(["connection", "connection", "connection"]);
	});

	test.each([
		["nothing", undefined],
		["a number", 1],
		["onChanged that can't be called", { onChanged: 1 }],
	])("the constructor refuses %s", (_name, options) => {
		const { io } = networkInterface();
		expect(() => new io(options as object)).toThrow();
	});
});

describe("the network", () => {
	const connect = () => new Probe({ address, port });
	const code = async (ended: Promise<TCPError | undefined>) => (await ended)?.code;

	test("isn't there before: sockets are unreachable, names unknown, packets lost", async () => {
		expect(await code(connect().ended)).toBe("unreachable");
		expect(await code(new Probe({ host: "localhost", port }).ended)).toBe("resolve");
		const udp = new UDP();
		udp.write(new Uint8Array(4), address, port);
		udp.close();
	});

	test("carries bytes as soon as there is an address, and not before", async () => {
		const radio = new Radio();
		radio.wifi.connect({ SSID: "mute" });
		await radio.until("400");
		expect(await code(connect().ended)).toBe("unreachable");
		radio.wifi.disconnect();
		radio.told.length = 0;
		await radio.join("cafe");
		const probe = connect();
		await probe.writable;
		probe.socket.write(encode("hello"));
		expect((await probe.bytes(5)).length).toBe(5);
		probe.socket.close();
	});

	test("takes connections with it when the access point goes, and comes back", async () => {
		const radio = new Radio();
		await radio.join("brief");
		const probe = connect();
		await probe.writable;
		await radio.until("200");
		expect(radio.wifi.failure).toBe("no-signal");
		expect(await code(probe.ended)).toBe("reset");
		probe.socket.close();
		radio.told.length = 0;
		radio.wifi.connect({ SSID: "brief" });
		await radio.until("200");
		for (;;) {
			radio.told.length = 0;
			radio.wifi.connect({ SSID: "brief" });
			while (radio.wifi.connection === 300) await sleep(5);
			if (radio.wifi.connection >= 400) break;
		}
		await radio.until("address");
	});

	test("ends what is still on its way", async () => {
		const radio = new Radio();
		await radio.join("cafe");
		const connecting = connect();
		const resolving = new Probe({ host: "localhost", port });
		radio.wifi.disconnect();
		expect(await code(connecting.ended)).toBe("unreachable");
		expect(await code(resolving.ended)).toBe("unreachable");
		connecting.socket.close();
		resolving.socket.close();
	});
});

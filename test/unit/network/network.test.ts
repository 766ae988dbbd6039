// The class around the rules, over made-up interfaces, UDP and time.
import { Key } from "hal/crypto";
import { encode } from "hal/text";
import Network, { type NetworkOptions } from "network/network";
import { VaultError } from "vault/error";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { FakeRecords } from "../../lib/fake-records";
import { clock } from "../../lib/hal/clock";
import { answerAt } from "./support";

const now = Date.UTC(2026, 10, 24, 12);

const world = vi.hoisted(() => ({ time: undefined as number | undefined }));
vi.mock("hal/system", () => ({
	ticks: () => clock.now,
	time: () => world.time,
	setTime: (ms: number) => {
		world.time = ms;
	},
}));

type Changed = (property: "connection" | "address") => void;

/** What happened to interfaces and sockets, the newest objects of each. */
const seen = {
	did: [] as string[],
	wifi: undefined as FakeWiFi | undefined,
	udp: undefined as FakeUdp | undefined,
	open: 0,
	broken: "",
};

class FakeInterface {
	connection = 200;
	failure: "no-signal" | "wrong-key" | "refused" | undefined;
	onChanged: Changed;

	constructor({ onChanged }: { onChanged?: Changed }) {
		if (seen.broken) throw new Error(seen.broken);
		this.onChanged = onChanged ?? (() => {});
		seen.open++;
		seen.wifi = this as unknown as FakeWiFi;
	}

	to(connection: number, failure?: typeof this.failure): void {
		this.connection = connection;
		this.failure = failure;
		this.onChanged("connection");
	}

	close(): void {
		seen.open--;
		this.onChanged = () => {};
	}
}

class FakeWiFi extends FakeInterface {
	scanning: { onFound(network: { SSID: string }): void; onComplete(): void } | undefined;
	key: Key | undefined;

	connect({ SSID, password }: { SSID: string; password?: Key }): void {
		seen.did.push(`connect ${SSID}${password ? ` ${password.byteLength}` : ""}`);
		this.key = password;
		this.connection = 300;
	}
	disconnect(): void {
		seen.did.push("disconnect");
		this.connection = 200;
	}
	scan(options: FakeWiFi["scanning"]): void {
		seen.did.push("scan");
		this.scanning = options;
	}
}

class FakeEthernet extends FakeInterface {
	connect(): void {
		seen.did.push("connect");
		this.connection = 300;
	}
}

class FakeUdp {
	packets: object[] = [];
	asked = new Uint8Array();
	#options: { onReadable(): void; onError(): void };

	constructor(options: { onReadable(): void; onError(): void }) {
		this.#options = options;
		seen.udp = this;
		seen.open++;
	}
	read() {
		return this.packets.shift() as (ArrayBuffer & { address: string; port: number }) | undefined;
	}
	write(packet: Uint8Array, address: string, port: number): void {
		if (address === "unsendable") throw new RangeError("address");
		seen.did.push(`ask ${address}:${port}`);
		this.asked = packet.slice();
	}
	close(): void {
		seen.open--;
	}
	answer(at = now, change?: (packet: DataView) => void): void {
		const packet = answerAt(at, this.asked.subarray(40), change);
		this.packets.push(Object.assign(packet, { address: "10.0.0.9", port: 123 }));
		this.#options.onReadable();
	}
	fail(): void {
		this.#options.onError();
	}
}

const did = () => seen.did.splice(0);

const records = () => new FakeRecords({ "network/1/ssid": "home", "network/1/key": Key.from(encode("correct horse")) });

function start(options: Partial<NetworkOptions> = {}) {
	const told: string[] = [];
	const network = new Network({
		interface: { kind: "wifi", io: FakeWiFi },
		records: records(),
		udp: { io: FakeUdp },
		timeServers: ["ntp.example"],
		random: () => 0.5,
		onOnline: () => told.push("online"),
		onOffline: ({ code, retry, detail }) => told.push(`${code} ${retry} ${detail}`),
		onTime: () => told.push("time"),
		...options,
	});
	expect([told, did()]).toEqual([[], []]);
	clock.pass(0);
	return { network, told };
}

beforeEach(() => {
	clock.reset();
	vi.spyOn(Math, "random").mockReturnValue(0.5);
	world.time = now;
	Object.assign(seen, { did: [], wifi: undefined, udp: undefined, open: 0, broken: "" });
});

describe("Wi-Fi", () => {
	test("is on the other networks when a record of one is damaged", () => {
		const store = new FakeRecords({ "network/1/ssid": "home", "network/2/ssid": "cafe" });
		const { has } = store;
		vi.spyOn(store, "has").mockImplementation((name) => {
			if (name === "network/1/ssid") throw new VaultError("damaged", { detail: name });
			return has.call(store, name);
		});
		const { text } = store;
		vi.spyOn(store, "text").mockImplementation((name) => {
			if (name === "network/1/ssid") throw new VaultError("damaged", { detail: name });
			return text.call(store, name);
		});
		const { told } = start({ records: store });
		expect(did()).toEqual(["connect cafe"]);
		seen.wifi?.to(500);
		expect(told).toEqual(["bad-settings never network/1/ssid", "online"]);
	});

	test("connects with a Key, which is closed afterwards, and remembers the network", () => {
		const store = records();
		const { told, network } = start({ records: store });
		expect(did()).toEqual(["connect home 13"]);
		expect(seen.wifi?.key?.byteLength).toBe(0);
		for (const connection of [300, 400, 500]) seen.wifi?.to(connection);
		expect([told, network.isOnline, store.written]).toEqual([["online"], true, [["network/last"]]]);
	});

	test("tells a wrong key, and goes on to the next", () => {
		const store = new FakeRecords({ "network/1/ssid": "home", "network/2/ssid": "cafe" });
		const { told } = start({ records: store });
		expect(did()).toEqual(["scan"]);
		for (const SSID of ["cafe", "home"]) seen.wifi?.scanning?.onFound({ SSID });
		seen.wifi?.scanning?.onComplete();
		seen.wifi?.to(200, "wrong-key");
		seen.wifi?.to(500);
		expect(did()).toEqual(["connect home", "connect cafe"]);
		expect(told).toEqual(["wrong-key later home", "online"]);
	});

	test("tells the loss, waits, and comes back", () => {
		const { told, network } = start();
		seen.wifi?.to(500);
		seen.wifi?.to(200, "no-signal");
		expect(network.isOnline).toBe(false);
		clock.pass(1000);
		expect(did()).toEqual(["connect home 13", "connect home 13"]);
		seen.wifi?.to(500);
		expect(told).toEqual(["online", "lost later home", "online"]);
	});

	test("without networks says so once, and looks again at reload()", () => {
		const store = new FakeRecords();
		const { told, network } = start({ records: store });
		clock.pass(86_400_000);
		expect(told).toEqual(["no-networks never undefined"]);
		store.write({ "network/1/ssid": "home" });
		network.reload();
		expect(did()).toEqual(["connect home"]);
	});

	test("tells what the platform can't do, and tries again", () => {
		seen.broken = "no radio";
		const { told } = start();
		expect(told).toEqual(["system later Error: no radio"]);
		seen.broken = "";
		clock.pass(1000);
		expect(did()).toEqual(["connect home 13"]);
	});

	test("is online even if it can't be remembered", () => {
		const store = records();
		const { told } = start({ records: store });
		vi.spyOn(store, "write").mockImplementation(() => {
			throw new Error("full");
		});
		seen.wifi?.to(500);
		expect(told).toEqual(["online"]);
	});

	test("needs records", () => {
		const options = { interface: { kind: "wifi", io: FakeWiFi }, onOnline() {} } as const;
		expect(() => new Network(options)).toThrow(TypeError);
	});

	test("leaves an attempt that takes too long", () => {
		const { told } = start();
		clock.pass(20_000);
		expect(told).toEqual(["timeout later home"]);
		expect(did()).toEqual(["connect home 13", "disconnect"]);
	});
});

describe("a cable", () => {
	const cable = { interface: { kind: "ethernet", io: FakeEthernet } } as const;

	test("needs no records", () => {
		const network = new Network({ ...cable, onOnline: () => seen.did.push("online") });
		clock.pass(0);
		expect(did()).toEqual(["connect"]);
		seen.wifi?.to(500);
		expect(did()).toEqual(["online"]);
		network.close();
	});

	test("tells that it isn't plugged in, a loss, and an address that doesn't come", () => {
		const { told } = start(cable);
		clock.pass(10_000);
		seen.wifi?.to(500);
		seen.wifi?.to(400);
		clock.pass(20_000);
		expect(told).toEqual([
			...["no-signal later undefined", "online", "lost later undefined", "no-address later undefined"],
		]);
	});

	test("tells what the driver can't do", () => {
		seen.broken = "no PHY";
		expect(start(cable).told).toEqual(["system later Error: no PHY"]);
	});
});

describe("the clock", () => {
	test("that is set isn't asked for", () => {
		start();
		seen.wifi?.to(500);
		expect(did()).toEqual(["connect home 13"]);
	});

	test("that isn't is asked for before the network is told", () => {
		world.time = undefined;
		const { told } = start();
		seen.wifi?.to(500);
		expect(did()).toEqual(["connect home 13", "ask ntp.example:123"]);
		expect(told).toEqual([]);
		clock.pass(100);
		seen.udp?.answer();
		expect(told).toEqual(["online"]);
		expect(Math.round(world.time ?? 0)).toBe(now + 48);
		expect(seen.open).toBe(1);
	});

	test("that is older than the firmware is asked for, too", () => {
		world.time = Date.UTC(2020, 0, 1);
		start();
		seen.wifi?.to(500);
		expect(did()).toContain("ask ntp.example:123");
	});

	test("asks the record's server first, by another socket each; then the network is told without, and it asks on", () => {
		world.time = undefined;
		const store = records();
		store.write({ "network/timeServer": "10.0.0.9" });
		const { told } = start({ records: store });
		seen.wifi?.to(500);
		const first = seen.udp;
		clock.pass(5000);
		expect(seen.udp).not.toBe(first);
		first?.answer();
		expect(world.time).toBeUndefined();
		clock.pass(5000);
		expect(did()).toEqual(["connect home 13", "ask 10.0.0.9:123", "ask ntp.example:123"]);
		expect(told).toEqual(["online"]);
		while (did().length === 0) clock.pass(100);
		seen.udp?.answer(now, (packet) => packet.setUint8(0, 0xe4));
		expect([did(), world.time]).toEqual([["ask ntp.example:123"], undefined]);
		seen.udp?.answer();
		expect(world.time).toBeDefined();
		expect(told).toEqual(["online", "time"]);
	});

	test("asks the next server at once when one has no address or can't be sent to", () => {
		world.time = undefined;
		const { told } = start({ timeServers: ["a", "unsendable", "b"] });
		seen.wifi?.to(500);
		seen.udp?.fail();
		seen.udp?.fail();
		expect(did()).toEqual(["connect home 13", "ask a:123", "ask b:123"]);
		expect(told).toEqual(["online"]);
		expect(seen.open).toBe(1);
	});

	test("is not asked for any more when the network is lost; the next one begins anew", () => {
		world.time = undefined;
		const { told } = start();
		seen.wifi?.to(500);
		seen.wifi?.to(200);
		expect([told, seen.open]).toEqual([["lost later home"], 1]);
		clock.pass(1000);
		did();
		seen.wifi?.to(500);
		// Not again within 16 s.
		expect([did(), told]).toEqual([[], ["lost later home", "online"]]);
	});

	const day = 86_400_000;
	const year = 365 * day;
	/** Online, with `at` as the time that others have set. */
	function online(at: number, options: Partial<NetworkOptions> = {}) {
		world.time = at;
		const it = start(options);
		seen.wifi?.to(500);
		expect([it.told.splice(0), did()]).toEqual([["online"], ["connect home 13"]]);
		return it;
	}

	test("that can't be is none: a lie that outlived a restart", () => {
		world.time = Date.UTC(2090, 0, 1);
		const { told } = start();
		seen.wifi?.to(500);
		expect([told, did()]).toEqual([[], ["connect home 13", "ask ntp.example:123"]]);
		seen.udp?.answer();
		expect([told, world.time]).toEqual([["online"], expect.closeTo(now, -3)]);
	});

	test("isn't set beyond its bounds, which are options", () => {
		world.time = undefined;
		const { told } = start();
		seen.wifi?.to(500);
		seen.udp?.answer(Date.UTC(2046, 0, 3));
		expect([told, world.time]).toEqual([["online"], undefined]);
		world.time = Date.UTC(2030, 0, 1);
		did();
		start({ notBefore: Date.UTC(2026, 0, 1), notAfter: Date.UTC(2029, 0, 1) });
		seen.wifi?.to(500);
		seen.udp?.answer(Date.UTC(2029, 0, 2));
		expect(world.time).toBe(Date.UTC(2030, 0, 1));
		did();
		start({ notBefore: Date.UTC(2040, 0, 1) });
		seen.wifi?.to(500);
		seen.udp?.answer(Date.UTC(2059, 0, 2));
		expect(world.time).toBeGreaterThan(Date.UTC(2059, 0, 1));
	});

	test("is set by two servers that agree, not by the one that lies", () => {
		world.time = undefined;
		const { told } = start({ timeServers: ["liar", "a", "b"] });
		seen.wifi?.to(500);
		seen.udp?.answer(Date.UTC(2040, 0, 1));
		seen.udp?.answer();
		expect([told, world.time]).toEqual([[], undefined]);
		seen.udp?.answer();
		expect([told, world.time]).toEqual([["online"], expect.closeTo(now, -3)]);
		expect([did(), seen.open]).toEqual([["connect home 13", "ask liar:123", "ask a:123", "ask b:123"], 1]);
	});

	test("is compared within an hour and then daily; stepped only when it's more than a second wrong, which is told", () => {
		const { told } = online(now);
		clock.pass(1_799_999);
		expect(did()).toEqual([]);
		clock.pass(1);
		expect(did()).toEqual(["ask ntp.example:123"]);
		seen.udp?.answer(now + 990);
		expect([told, world.time, seen.open]).toEqual([[], now, 1]);
		clock.pass((day * 15) / 16);
		expect(did()).toEqual(["ask ntp.example:123"]);
		seen.udp?.answer(now - 1100);
		expect([told, Math.round((now - (world.time ?? 0)) / 100)]).toEqual([["time"], 11]);
	});

	test("is asked for anew when TLS doubts it: a lie within the bounds ends there", () => {
		const { told, network } = online(now + 10 * year, { timeServers: ["a", "b"] });
		network.checkTime();
		network.checkTime();
		expect(did()).toEqual([]);
		clock.pass(0);
		seen.udp?.answer();
		seen.udp?.answer();
		expect([told, did()]).toEqual([["time"], ["ask a:123", "ask b:123"]]);
		expect(world.time).toBeCloseTo(now, -3);
		network.checkTime();
		clock.pass(15_999);
		expect(did()).toEqual([]);
		clock.pass(1);
		expect(did()).toEqual(["ask a:123"]);
	});

	test("that is doubted without a network is asked for with the next one; nothing wakes before", () => {
		const { told, network } = online(now);
		seen.wifi?.to(200);
		network.checkTime();
		clock.pass(500);
		expect(did()).toEqual([]);
		clock.pass(500);
		seen.wifi?.to(500);
		clock.pass(0);
		expect(did()).toEqual(["connect home 13", "ask ntp.example:123"]);
		expect(told).toEqual(["lost later home", "online"]);
	});

	test("isn't doubted without a UDP class, before a network, or after close()", () => {
		const { network } = start({ interface: { kind: "ethernet", io: FakeEthernet } });
		network.checkTime();
		expect(did()).toEqual(["connect"]);
		network.close();
		expect(() => network.checkTime()).toThrow("closed");
		const bare = new Network({ interface: { kind: "ethernet", io: FakeEthernet }, onOnline() {} });
		clock.pass(0);
		seen.wifi?.to(500);
		bare.checkTime();
		clock.pass(2 * day);
		expect(did()).toEqual(["connect"]);
	});

	test("may be told to somebody who closes the network in it", () => {
		const told: string[] = [];
		const { network } = online(now - day, {
			onTime() {
				told.push("time");
				network.close();
			},
		});
		network.checkTime();
		clock.pass(0);
		seen.udp?.answer();
		clock.pass(3 * day);
		expect([told, did(), seen.open]).toEqual([["time"], ["ask ntp.example:123"], 0]);
	});

	test("is left to others without a UDP class, and when the record can't be read", () => {
		world.time = undefined;
		const network = new Network({
			interface: { kind: "ethernet", io: FakeEthernet },
			onOnline: () => seen.did.push("online"),
		});
		clock.pass(0);
		seen.wifi?.to(500);
		expect(did()).toEqual(["connect", "online"]);
		network.close();
		const secret = records();
		secret.write({ "network/timeServer": Key.from(encode("x")) });
		start({ records: secret });
		seen.wifi?.to(500);
		expect(did()).toContain("ask ntp.example:123");
	});
});

describe("close", () => {
	test("ends everything, twice", () => {
		world.time = undefined;
		const { network, told } = start();
		seen.wifi?.to(500);
		network.close();
		network.close();
		clock.pass(3_600_000);
		expect([told, seen.open, network.isOnline]).toEqual([[], 0, false]);
		expect(() => network.reload()).toThrow("closed");
	});

	test("in a callback is the last of it", () => {
		const store = new FakeRecords({ "network/1/ssid": "", "network/2/ssid": "" });
		const told: string[] = [];
		const network = new Network({
			interface: { kind: "wifi", io: FakeWiFi },
			records: store,
			onOnline() {},
			onOffline({ code }) {
				told.push(code);
				network.close();
			},
		});
		clock.pass(0);
		expect(told).toEqual(["bad-settings"]);
	});

	test("before anything has begun leaves nothing", () => {
		const network = new Network({ interface: { kind: "ethernet", io: FakeEthernet }, onOnline() {} });
		network.close();
		clock.pass(1000);
		expect(seen.open).toBe(0);
	});
});

test("the time that was set is logged", () => {
	world.time = undefined;
	const lines: string[] = [];
	start({ log: { named: (name) => ({ info: (text) => lines.push(`${name} ${text}`) }) } });
	seen.wifi?.to(500);
	seen.udp?.answer();
	expect(lines).toEqual(["network joining home", expect.stringMatching(/^network the time is 2026-11-24T1[12]:/)]);
});

test("a key is in no error, log or text", () => {
	const lines: string[] = [];
	const log = { named: () => ({ info: (text: string) => lines.push(text) }) };
	const { told } = start({ log });
	seen.wifi?.to(200, "wrong-key");
	expect([...lines, ...told].join()).not.toContain("correct horse");
	expect(lines).toEqual(["joining home"]);
});

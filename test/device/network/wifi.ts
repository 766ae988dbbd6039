// The network as a device brings it up, among the access points of wifi.host.ts.
import { Key } from "hal/crypto";
import networkInterface from "hal/interface";
import { encode } from "hal/text";
import config from "mc/config";
import Network, { type NetworkOptions } from "network/network";
import { afterEach, expect, test } from "test/expect";
import { FakeRecords } from "test/fake-records";
import { Probe, sleep } from "../hal/support";

const address = "127.0.0.1";
const port = Number(config["port"]);

type Stored = readonly [ssid: string, key?: string | undefined, hidden?: boolean];

const home: Stored = ["home", String(config["home"])];
const attic: Stored = ["attic", String(config["attic"]), true];

function stored(...networks: Stored[]): FakeRecords {
	const records = new FakeRecords();
	networks.forEach(([ssid, key, hidden], at) => {
		records.write({ [`network/${at + 1}/ssid`]: ssid });
		if (key !== undefined) records.write({ [`network/${at + 1}/key`]: Key.from(encode(key)) });
		if (hidden) records.write({ [`network/${at + 1}/hidden`]: "1" });
	});
	return records;
}

class Watched {
	readonly network: Network;
	readonly told: string[] = [];
	#wake: (() => void) | undefined;

	constructor(records: FakeRecords, more: Partial<NetworkOptions> = {}) {
		this.network = new Network({
			interface: networkInterface(),
			records,
			random: () => 0.01,
			onOnline: () => this.#tell("online"),
			onOffline: ({ code, detail }) => this.#tell(detail === undefined ? code : `${code} ${detail}`),
			...more,
		});
		open.push(this.network);
	}

	#tell(text: string): void {
		this.told.push(text);
		this.#wake?.();
	}

	/** Until so much was told. */
	async until(count: number): Promise<string[]> {
		while (this.told.length < count) await new Promise<void>((resolve) => (this.#wake = resolve));
		return this.told;
	}
}

const open: Network[] = [];

afterEach(() => {
	for (const network of open.splice(0)) network.close();
	const { kind, io } = networkInterface();
	if (kind !== "wifi") throw new Error("no radio");
	const wifi = new io({});
	if (wifi.connection > 200) wifi.disconnect();
	wifi.close();
});

test("the first network is gone: the second is joined, and bytes go through it", async () => {
	const it = new Watched(stored(["gone"], home));
	expect(await it.until(2)).toEqual(["no-signal gone", "online"]);
	expect(it.network.isOnline).toBe(true);
	const probe = new Probe({ address, port });
	await probe.writable;
	probe.socket.write(encode("hello"));
	await probe.bytes(5);
	probe.socket.close();
});

test("the first of two that are there is joined, though the second is in the air first", async () => {
	expect(await new Watched(stored(["brief"], home)).until(1)).toEqual(["online"]);
});

test("a wrong key is told as such, and the next network is joined", async () => {
	const it = new Watched(stored(["home", "key of somebody else"], attic));
	expect(await it.until(2)).toEqual(["wrong-key home", "online"]);
});

test("a network that wants a key and has none stored, and one that takes nobody, are told apart", async () => {
	const it = new Watched(stored(["home"], ["full"], ["gone"]));
	expect((await it.until(3)).slice(0, 3)).toEqual(["no-signal gone", "wrong-key home", "refused full"]);
});

test("a hidden network is found, alone or among others", async () => {
	expect(await new Watched(stored(attic)).until(1)).toEqual(["online"]);
});

test("one that hides and isn't said to is not looked for while others are there", async () => {
	const it = new Watched(stored(["attic", String(config["attic"])], home));
	expect(await it.until(2)).toEqual(["no-signal attic", "online"]);
});

test("the network that was good last is tried first, also after a restart", async () => {
	const records = stored(["gone"], home);
	await new Watched(records).until(2);
	open.splice(0)[0]?.close();
	const { kind, io } = networkInterface();
	if (kind !== "wifi") throw new Error("no radio");
	const wifi = new io({});
	wifi.disconnect();
	wifi.close();
	expect(records.text("network/last")).toBe("2");
	expect(await new Watched(records).until(1)).toEqual(["online"]);
});

test("a network that vanishes is told, takes the sockets with it, and is joined again when it comes back", async () => {
	const it = new Watched(stored(["brief"]));
	await it.until(1);
	const probe = new Probe({ address, port });
	await probe.writable;
	expect((await it.until(2)).slice(0, 2)).toEqual(["online", "lost brief"]);
	expect(it.network.isOnline).toBe(false);
	expect((await probe.ended)?.code).toBe("reset");
	expect((await new Probe({ address, port }).ended)?.code).toBe("unreachable");
	while (it.told.at(-1) !== "online") await it.until(it.told.length + 1);
	expect(it.told.slice(2, -1).every((text) => text === "no-signal brief")).toBe(true);
	const again = new Probe({ address, port });
	await again.writable;
	again.socket.close();
});

test("a network that nobody has is looked for on and on, until the records name another", async () => {
	const records = stored(["nobody"]);
	const it = new Watched(records);
	expect(await it.until(3)).toEqual(["no-signal nobody", "no-signal nobody", "no-signal nobody"]);
	records.write({ "network/2/ssid": "brief" });
	it.network.reload();
	while (!it.told.includes("online")) await it.until(it.told.length + 1);
});

test("without networks it waits for the records", async () => {
	const records = stored();
	const it = new Watched(records);
	expect(await it.until(1)).toEqual(["no-networks"]);
	await sleep(20);
	records.write({ "network/1/ssid": "brief" });
	it.network.reload();
	expect((await it.until(2)).slice(0, 2)).toEqual(["no-networks", "online"]);
});

test("a key that can't be one is told, the others are tried", async () => {
	expect(await new Watched(stored(["home", "short"], ["brief"])).until(2)).toEqual([
		"bad-settings network/1/key",
		"online",
	]);
});

test("close() leaves the connection, and tells nothing more", async () => {
	const it = new Watched(stored(["brief"]));
	await it.until(1);
	it.network.close();
	const probe = new Probe({ address, port });
	await probe.writable;
	await probe.ended;
	expect(it.told).toEqual(["online"]);
});

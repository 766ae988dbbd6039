import { Key } from "hal/crypto";
import { encode } from "hal/text";
import { DEFAULT_SERVERS, parseServer, SERVERS_MAX, serversOf } from "network/server";
import { readKey, readLast, readNetworks, type Settings, writeLast } from "network/settings";
import { describe, expect, test } from "test/expect";
import { FakeRecords } from "test/fake-records";
import { VaultError } from "vault/error";

const secret = (text: string) => Key.from(encode(text));

function only(records: FakeRecords): Settings {
	const [network, ...more] = readNetworks(records);
	if (!network || more.length) throw new Error("not one network");
	return network;
}

describe("networks", () => {
	test("come in the order of their numbers, with gaps, up to eight", () => {
		const records = new FakeRecords({
			"network/8/ssid": "eight",
			"network/1/ssid": "one",
			"network/3/ssid": "three",
			"network/3/hidden": "1",
			"network/9/ssid": "nine",
			"network/2/key": secret("without a name"),
		});
		expect(readNetworks(records)).toEqual([
			{ index: 1, ssid: "one", hidden: false, wrong: undefined },
			{ index: 3, ssid: "three", hidden: true, wrong: undefined },
			{ index: 8, ssid: "eight", hidden: false, wrong: undefined },
		]);
		expect(readNetworks(new FakeRecords())).toEqual([]);
	});

	test.each([
		["an empty name", ""],
		["33 bytes", "x".repeat(33)],
		["33 bytes of 11 characters", "中".repeat(11)],
		["nine emoji", "🏠".repeat(9)],
		["a zero", "a\0b"],
	])("are wrong with a name that Wi-Fi hasn't: %s", (_name, ssid) => {
		expect(only(new FakeRecords({ "network/1/ssid": ssid })).wrong).toBe("network/1/ssid");
	});

	test.each(["x", "x".repeat(32), "中".repeat(10), "🏠".repeat(8), "a b"])("may be called %s", (ssid) => {
		expect(only(new FakeRecords({ "network/1/ssid": ssid }))).toMatchObject({ ssid, wrong: undefined });
	});

	test("are wrong with a name that was written as a secret", () => {
		expect(only(new FakeRecords({ "network/1/ssid": secret("home") })).wrong).toBe("network/1/ssid");
	});

	test.each([
		[0, "network/1/key"],
		[7, "network/1/key"],
		[8, undefined],
		[63, undefined],
		[64, undefined],
		[65, "network/1/key"],
	])("with a key of %d bytes have %s wrong", (length, wrong) => {
		const records = new FakeRecords({ "network/1/ssid": "home", "network/1/key": secret("k".repeat(length)) });
		expect(only(records).wrong).toBe(wrong);
	});

	test("have a key wrong that can't be read", () => {
		const records = new FakeRecords({ "network/1/ssid": "home" });
		const broken = Object.assign(Object.create(records) as FakeRecords, {
			has: () => true,
			text: (name: string) => (name === "network/1/ssid" ? "home" : undefined),
			key() {
				throw new Error("damaged");
			},
		});
		expect(readNetworks(broken)[0]?.wrong).toBe("network/1/key");
	});

	/** The vault's word for a record that it can't read, from every way to `name`, or from one. */
	function damaged(records: FakeRecords, name: string, ...ways: ("has" | "text" | "key")[]): FakeRecords {
		const broken = Object.create(records) as FakeRecords;
		for (const way of ["has", "text", "key"] as const)
			Object.defineProperty(broken, way, {
				value: (asked: string) => {
					if (asked === name && ways.includes(way)) throw new VaultError("damaged", { detail: name });
					return records[way](asked);
				},
			});
		return broken;
	}

	const three = () =>
		new FakeRecords({
			...{ "network/1/ssid": "one", "network/2/ssid": "two", "network/2/key": secret("correct horse") },
			...{ "network/2/hidden": "0", "network/3/ssid": "three" },
		});

	test.each([
		["network/2/ssid", "has", "network/2/ssid"],
		["network/2/ssid", "text", "network/2/ssid"],
		["network/2/key", "key", "network/2/key"],
		["network/2/hidden", "text", undefined],
	] as const)("go on behind %s that %s() finds damaged", (name, way, wrong) => {
		// What can't be looked up can't be read either.
		const networks = readNetworks(damaged(three(), name, way, ...(way === "has" ? (["text", "key"] as const) : [])));
		expect(networks.map((it) => [it.index, it.wrong])).toEqual([
			[1, undefined],
			[2, wrong],
			[3, undefined],
		]);
		expect(networks[1]?.hidden).toBe(name.endsWith("hidden"));
	});

	test("are all wrong, and nothing is thrown, when no record can be looked up", () => {
		const fail = () => {
			throw new VaultError("closed");
		};
		const none = Object.assign(Object.create(three()) as FakeRecords, { has: fail, text: fail, key: fail });
		expect(readNetworks(none).map(({ wrong }) => wrong)).toEqual(
			Array.from({ length: 8 }, (_, i) => `network/${i + 1}/ssid`),
		);
	});

	test("give their key as a Key, or none", () => {
		const records = new FakeRecords({
			...{ "network/1/ssid": "home", "network/1/key": secret("correct horse"), "network/2/ssid": "cafe" },
		});
		const [home, cafe] = readNetworks(records) as [Settings, Settings];
		const key = readKey(records, home);
		expect([key?.byteLength, String(key)]).toEqual([13, "[Key]"]);
		expect(readKey(records, cafe)).toBeUndefined();
	});
});

describe("the network that was good last", () => {
	test("is remembered, and written only when it is another one", () => {
		const records = new FakeRecords();
		expect(readLast(records)).toBeUndefined();
		writeLast(records, 2);
		writeLast(records, 2);
		expect([readLast(records), records.written]).toEqual([2, [["network/last"]]]);
	});

	test.each(["", "0", "9", "1.5", "x", "-1"])("is none when the record says %s", (text) => {
		expect(readLast(new FakeRecords({ "network/last": text }))).toBeUndefined();
	});
});

describe("a time server", () => {
	test.each([
		["ntp.example", "ntp.example", 123],
		["ntp.example:1123", "ntp.example", 1123],
		["10.0.0.9", "10.0.0.9", 123],
		["10.0.0.9:65535", "10.0.0.9", 65_535],
		["::1", "::1", 123],
		["2001:db8::7", "2001:db8::7", 123],
		["[::1]", "::1", 123],
		["[2001:db8::7]:1123", "2001:db8::7", 1123],
	])("is %s", (text, host, port) => {
		expect(parseServer(text)).toEqual({ host, port });
	});

	test.each(["", " ", "a b", "host:", "host:0", "host:65536", "host:123456", ":123", "[::1", "[host]:1", "a/b", "é"])(
		"is not %s",
		(text) => {
			expect(parseServer(text)).toBeUndefined();
		},
	);

	test("of the records comes before the others, each once", () => {
		expect(serversOf("a:1, b,,%,a:1", ["b", "c"]).map(({ host, port }) => `${host}:${port}`)).toEqual([
			...["a:1", "b:123", "c:123"],
		]);
		expect(serversOf(undefined, DEFAULT_SERVERS).map(({ host }) => host)).toEqual([...DEFAULT_SERVERS]);
		expect(serversOf("a,b,c,d,e,f,g", DEFAULT_SERVERS)).toHaveLength(SERVERS_MAX);
	});
});

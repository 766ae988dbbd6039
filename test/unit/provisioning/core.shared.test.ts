import { digest, hex, hmac, Key, unhex } from "hal/crypto";
import { encode } from "hal/text";
import { recordNames, ruleOf } from "provisioning/catalogue";
import { beginFlags, commands, GAP, tags } from "provisioning/codec";
import { SESSION_IDLE, SETTLE } from "provisioning/core";
import { describe, expect, test } from "test/expect";
import { FakeRecords } from "test/fake-records";
import { VaultError } from "vault/error";
import {
	Bench,
	deviceSecret,
	digestOf,
	type Fields,
	field,
	frameOf,
	SESSION,
	textOf,
	textsOf,
	writeFields,
} from "./support";

const OTHER = unhex("1111111111111111");
const CHALLENGE = unhex("000102030405060708090a0b0c0d0e0f");
const session: Fields = [[tags.session, SESSION]];

/** Where a session can be. */
const situations: Readonly<Record<string, (bench: Bench) => void>> = {
	none: () => {},
	begun: (bench) => void bench.begin(),
	"another's": (bench) => void bench.begin(OTHER),
	"in pieces": (bench) => {
		bench.begin();
		bench.write(...deviceSecret[0]);
		bench.write(...deviceSecret[1]);
		bench.write("identity/deviceSecret", "secret", 0, 14);
	},
	whole: (bench) => {
		bench.begin();
		for (const [name, value] of deviceSecret) bench.write(name, value);
	},
	committed: (bench) => void bench.burn(deviceSecret),
	"idle for too long": (bench) => {
		situations["whole"]?.(bench);
		bench.pass(SESSION_IDLE);
	},
	locked: (bench) => {
		bench.burn(deviceSecret);
		bench.isLocked = true;
	},
};

const secret = deviceSecret[2][1];
const asked: Readonly<Record<string, (bench: Bench) => string | undefined>> = {
	identify: (bench) => bench.status("identify"),
	list: (bench) => bench.status("list"),
	begin: (bench) => bench.begin(),
	"write, first piece": (bench) => bench.write("identity/deviceSecret", secret.slice(0, 6), 0, 14),
	"write, last piece": (bench) => bench.write("identity/deviceSecret", secret.slice(6), 6, 14),
	commit: (bench) => bench.commit(deviceSecret),
	abort: (bench) => bench.status("abort", session),
	prove: (bench) =>
		bench.status("prove", [
			[tags.record, "identity/deviceSecret"],
			[tags.challenge, CHALLENGE],
		]),
	restart: (bench) => bench.status("restart", [[tags.boot, OTHER]]),
	lock: (bench) => bench.status("lock"),
	"none that there is": (bench) => bench.status(0x7f),
};

const expected: Readonly<Record<string, readonly string[]>> = {
	//                  none         begun           another's     in pieces     whole  committed     idle          locked
	identify: ["ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok"],
	list: ["ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok"],
	begin: ["ok", "ok", "ok", "ok", "ok", "conflict", "ok", "locked"],
	"write, first piece": ["no-session", "ok", "no-session", "ok", "ok", "no-session", "no-session", "locked"],
	"write, last piece": ["no-session", "out-of-order", "no-session", "ok", "ok", "no-session", "no-session", "locked"],
	commit: ["no-session", "wrong-digest", "no-session", "incomplete", "ok", "ok", "no-session", "locked"],
	abort: ["ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok"],
	prove: ["no-record", "no-record", "no-record", "no-record", "no-record", "ok", "no-record", "ok"],
	restart: ["ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok"],
	lock: Array.from({ length: 8 }, () => "unsupported"),
	"none that there is": Array.from({ length: 8 }, () => "unsupported"),
};

describe("every command in every situation", () => {
	const pairs = Object.keys(asked).flatMap((command) =>
		Object.keys(situations).map((situation, at): [string, string, string] => [
			command,
			situation,
			expected[command]?.[at] ?? "?",
		]),
	);

	test.each(pairs)("%s, session: %s: %s", (command, situation, status) => {
		const bench = new Bench();
		situations[situation]?.(bench);
		const before = bench.records.written.length;
		const were = bench.records.names();
		expect(asked[command]?.(bench)).toBe(status);
		// The same again has no second effect.
		const again = asked[command]?.(bench);
		if (status !== "wrong-digest") expect(again).toBe(status);
		const commits = command === "commit" && situation === "whole" ? 1 : 0;
		expect(bench.records.written.length - before).toBe(commits);
		if (!commits) expect(bench.records.names()).toEqual(were);
		expect(bench.events.includes("restart")).toBe(false);
	});

	test("there is a row for every command", () => {
		const names = Object.keys(asked).map((name) => name.split(",")[0]);
		for (const command of Object.keys(commands)) expect(names).toContain(command);
	});
});

describe("identify and list", () => {
	test("tell all but values", () => {
		const bench = new Bench();
		const blank = bench.ask("identify");
		expect(textOf(blank, tags.kind)).toBe(undefined);
		expect(field(blank, tags.session)).toBe(undefined);
		bench.burn(deviceSecret);
		const answer = bench.ask("identify");
		expect(hex(field(answer, tags.versions) as Uint8Array)).toBe("01");
		expect(textOf(answer, tags.firmware)).toBe("linkxs");
		expect(textOf(answer, tags.firmwareVersion)).toBe("1.2.3");
		expect(textOf(answer, tags.board)).toBe("sim");
		expect(hex(field(answer, tags.uniqueId) as Uint8Array)).toBe("0102030405060708");
		expect(textOf(answer, tags.kind)).toBe("device-secret");
		expect(hex(field(answer, tags.state) as Uint8Array)).toBe("00");
		expect(hex(field(answer, tags.room) as Uint8Array)).toBe("0200");
		expect(field(answer, tags.session)).toEqual(SESSION);
		expect(field(answer, tags.boot)?.length).toBe(8);
		bench.isLocked = true;
		expect(hex(field(bench.ask("identify"), tags.state) as Uint8Array)).toBe("01");
		expect(textsOf(bench.ask("list"), tags.record)).toEqual([
			"identity/deviceName",
			"identity/deviceSecret",
			"identity/productKey",
		]);
	});

	test("texts that are too long are cut", () => {
		const bench = new Bench({
			info: { firmware: "f".repeat(100), version: "", board: "b", uniqueId: unhex("0102") },
		});
		expect(textOf(bench.ask("identify"), tags.firmware)).toBe("f".repeat(64));
	});

	test("a list that is too long comes in parts", () => {
		const bench = new Bench();
		for (const name of recordNames()) bench.records.write({ [name]: "x" });
		bench.records.write({ "session/tls": "x", "update/x": "x" });
		const names: string[] = [];
		let rounds = 0;
		for (let more = true; more; rounds++) {
			const answer = bench.ask("list", names.length > 0 ? [[tags.record, names.at(-1) ?? ""]] : []);
			names.push(...textsOf(answer, tags.record));
			more = field(answer, tags.more) !== undefined;
		}
		expect(names).toEqual(recordNames());
		expect(rounds).toBeGreaterThan(1);
	});
});

describe("writing", () => {
	test("an identity, in one transaction, with its secret as a key", () => {
		const bench = new Bench();
		expect(bench.burn(deviceSecret)).toBe("ok");
		expect(bench.records.written.length).toBe(1);
		expect(bench.records.text("identity/deviceName")).toBe("dev1");
		expect(() => bench.records.text("identity/deviceSecret")).toThrowCode("secret");
		expect(bench.events).toEqual(["commit device-secret"]);
	});

	test("4,096 bytes in pieces, a secret and one that is none", () => {
		const bench = new Bench();
		const chain = Uint8Array.from({ length: 4096 }, (_, at) => at & 0xff);
		const key = chain.map((byte) => byte ^ 0x55);
		const records = [
			["identity/certificate", chain],
			["identity/privateKey", key],
		] as const;
		bench.begin();
		for (const [name, value] of records)
			for (let at = 0; at < 4096; at += 400) {
				const piece = value.slice(at, at + 400);
				expect(bench.write(name, piece, at, 4096)).toBe("ok");
				// Its answer was lost.
				if (at % 800 === 0) expect(bench.write(name, piece, at, 4096)).toBe("ok");
			}
		expect(bench.commit(records)).toBe("ok");
		expect(bench.records.bytes("identity/certificate")).toEqual(chain);
		const stored = bench.records.key("identity/privateKey") as Key;
		expect(digest("SHA256", stored)).toEqual(digest("SHA256", key));
		expect(bench.events).toEqual(["commit x509"]);
	});

	test("a piece that is too early is told what is wanted; what overlaps or changes is refused", () => {
		const bench = new Bench();
		bench.begin();
		bench.write("link/host", "abc", 0, 9);
		const early = bench.ask("write", writeFields("link/host", encode("ghi"), 6, 9));
		expect(early.status).toBe("out-of-order");
		expect(hex(field(early, tags.offset) as Uint8Array)).toBe("0003");
		expect(textOf(early, tags.detail)).toBe("link/host");
		expect(bench.write("link/host", "cd", 2, 9)).toBe("conflict");
		expect(bench.write("link/host", "def", 3, 8)).toBe("conflict");
		expect(bench.write("link/host", "defghij", 3, 9)).toBe("bad-value");
		expect(bench.write("link/host", "", 3, 9)).toBe("ok");
		expect(bench.write("link/host", "defghi", 3, 9)).toBe("ok");
		expect(bench.commit([["link/host", "abcdefghi"]])).toBe("ok");
		expect(bench.records.text("link/host")).toBe("abcdefghi");
	});

	test.each<[string, string | Uint8Array, string]>([
		["identity/other", "x", "unknown-record"],
		["session/tls", "x", "unknown-record"],
		["update/history", "x", "unknown-record"],
		["identity/__proto__", "x", "unknown-record"],
		["__proto__", "x", "unknown-record"],
		["network/0/ssid", "x", "unknown-record"],
		["network/9/ssid", "x", "unknown-record"],
		["network/1/other", "x", "unknown-record"],
		["network/10/ssid", "x", "unknown-record"],
		["", "x", "unknown-record"],
		["identity/productKey", "", "bad-value"],
		["identity/productKey", "x".repeat(65), "bad-value"],
		["identity/productKey", "a\nb", "bad-value"],
		["identity/productKey", unhex("ff"), "bad-value"],
		["identity/productKey", unhex("00"), "bad-value"],
		["identity/registration", "other", "bad-value"],
		["identity/carrierKey", "short", "bad-value"],
		["link/port", "1x", "bad-value"],
		["link/security", "ssl", "bad-value"],
		["link/region", "mars", "bad-value"],
		["network/1/ssid", "x".repeat(33), "bad-value"],
		["network/1/key", "short", "bad-value"],
		["network/1/hidden", "0", "bad-value"],
		["network/8/ssid", "Café", "ok"],
		["link/port", "1883", "ok"],
	])("%s = %j: %s", (name, value, status) => {
		const bench = new Bench();
		bench.begin();
		expect(bench.write(name, value)).toBe(status);
		// A value that was refused is forgotten; another one may come.
		if (status !== "ok") expect(bench.commit([])).toBe("incomplete");
	});

	test("more bytes or records than a session takes", () => {
		const bench = new Bench();
		bench.begin();
		const whole = new Uint8Array(0);
		for (const name of ["identity/certificate", "identity/privateKey", "link/root"])
			expect(bench.write(name, whole, 0, 4096)).toBe("ok");
		let status: string | undefined = "ok";
		let count = 3;
		for (const name of recordNames()) {
			const most = ruleOf(name)?.most ?? 0;
			if (most === 4096) continue;
			status = bench.write(name, whole, 0, name.endsWith("/registration") ? 8 : most);
			if (status !== "ok") break;
			count += 1;
		}
		expect(status).toBe("full");
		expect(count).toBe(40);
	});

	test("a wrong digest ends the session; begun anew it goes well", () => {
		const bench = new Bench();
		bench.begin();
		for (const [name, value] of deviceSecret) bench.write(name, value);
		const [first, second] = deviceSecret;
		expect(bench.commit([first, second, ["identity/deviceSecret", "secret-of-dev2"]])).toBe("wrong-digest");
		expect(bench.commit(deviceSecret)).toBe("no-session");
		expect(bench.records.written.length).toBe(0);
		expect(bench.burn(deviceSecret)).toBe("ok");
	});

	test("a vault that fails leaves the old records and the session: commit may come again", () => {
		const bench = new Bench();
		bench.begin();
		for (const [name, value] of deviceSecret) bench.write(name, value);
		bench.records.failure = new VaultError("full");
		const answer = bench.ask("commit", [
			[tags.session, SESSION],
			[tags.digest, digestOf(deviceSecret)],
		]);
		expect([answer.status, textOf(answer, tags.detail)]).toEqual(["storage", "full"]);
		expect(bench.records.names()).toEqual([]);
		bench.records.failure = new TypeError("other") as VaultError;
		expect(bench.commit(deviceSecret)).toBe("storage");
		expect(bench.commit(deviceSecret)).toBe("ok");
		expect(bench.records.names().length).toBe(3);
	});

	test("the last host wins; aborting another's session is nothing", () => {
		const bench = new Bench();
		bench.begin(OTHER);
		bench.write("link/host", "a", 0, 1, OTHER);
		bench.begin();
		expect(bench.write("link/host", "b", 0, 1, OTHER)).toBe("no-session");
		expect(bench.status("abort", [[tags.session, OTHER]])).toBe("ok");
		expect(bench.write("link/host", "c")).toBe("ok");
		expect(bench.status("abort", session)).toBe("ok");
		expect(bench.write("link/host", "c")).toBe("no-session");
	});
});

describe("prove", () => {
	test("is HMAC-SHA256 over label, challenge and name", () => {
		const bench = new Bench();
		bench.records.write({ "identity/deviceSecret": Key.from(encode("secret!")), "link/host": "abc" });
		const ask = (name: string, challenge: Uint8Array) =>
			bench.ask("prove", [
				[tags.record, name],
				[tags.challenge, challenge],
			]);
		// python3: hmac.new(b"secret!", b"linkxs prove 1" + bytes(range(16)) + b"identity/deviceSecret", "sha256")
		expect(hex(field(ask("identity/deviceSecret", CHALLENGE), tags.mac) as Uint8Array)).toBe(
			"d261731297a44006933af9294cb6c474a5245804c0160db72a1078500c2cccac",
		);
		const of = hmac("SHA256", encode("abc"), encode("linkxs prove 1"), CHALLENGE, encode("link/host"));
		expect(field(ask("link/host", CHALLENGE), tags.mac)).toEqual(of);
		expect(ask("link/host", CHALLENGE.slice(1)).status).toBe("malformed");
		expect(ask("link/host", new Uint8Array(64)).status).toBe("ok");
		expect(ask("link/host", new Uint8Array(65)).status).toBe("malformed");
		expect(ask("session/tls", CHALLENGE).status).toBe("unknown-record");
		expect(ask("link/port", CHALLENGE).status).toBe("no-record");
	});

	test("of a record that can't be read", () => {
		const records = new FakeRecords();
		records.key = () => {
			throw new Error("broken");
		};
		const bench = new Bench({ records });
		const fields: Fields = [
			[tags.record, "link/host"],
			[tags.challenge, CHALLENGE],
		];
		expect(bench.status("prove", fields)).toBe("storage");
	});
});

test("the digest is as PROTOCOL.md has it", () => {
	// python3's hashlib over name, 0, length, value of each
	const records = [
		["identity/productKey", "pk"],
		["identity/deviceName", "dn"],
		["identity/deviceSecret", "secret!"],
	] as const;
	const bytes = unhex("bad3292df2219bdbe6cb0276c3f52f2d5e302a03cb03c2e36c5a4b893257d188");
	expect(digestOf(records)).toEqual(bytes);
	const bench = new Bench();
	bench.begin();
	for (const [name, value] of records) bench.write(name, value);
	expect(
		bench.status("commit", [
			[tags.session, SESSION],
			[tags.digest, bytes],
		]),
	).toBe("ok");
});

describe("requests with something wrong", () => {
	test.each<[string, number, Fields]>([
		[
			"a session of another length",
			commands.begin,
			[
				[tags.session, "x"],
				[tags.flags, Uint8Array.of(0)],
			],
		],
		["no flags", commands.begin, session],
		["a field twice", commands.abort, [...session, ...session]],
		["no record", commands.write, writeFields("x", encode("y")).filter(([tag]) => tag !== tags.record)],
		["no total", commands.write, writeFields("x", encode("y")).filter(([tag]) => tag !== tags.total)],
		["no offset", commands.write, writeFields("x", encode("y")).filter(([tag]) => tag !== tags.offset)],
		["no data", commands.write, writeFields("x", encode("y")).filter(([tag]) => tag !== tags.data)],
		[
			"a name that is no text",
			commands.prove,
			[
				[tags.record, unhex("ff")],
				[tags.challenge, CHALLENGE],
			],
		],
		["a name that is too long", commands.list, [[tags.record, "x".repeat(65)]]],
		["no challenge", commands.prove, [[tags.record, "link/host"]]],
		["no digest", commands.commit, session],
		["no boot", commands.restart, []],
	])("%s", (_name, type, fields) => {
		const bench = new Bench();
		bench.begin();
		expect(bench.status(type, fields)).toBe("malformed");
	});

	test("fields that are cut; unknown ones are passed over", () => {
		const bench = new Bench();
		expect(bench.status("identify", [[0x7e, "x"]])).toBe("ok");
		bench.feed(unhex("a50101000100020100280018dc"));
		expect(bench.answers.map(({ status }) => status)).toEqual(["ok", "malformed"]);
	});

	test("another version is told which there are, in a frame of this one", () => {
		const bench = new Bench();
		bench.feed(frameOf(commands.identify, 7, [], 2));
		const [answer] = bench.answers;
		expect(answer && [answer.type, answer.id, answer.status]).toEqual([0x81, 7, "version"]);
		expect(answer && field(answer, tags.versions)).toEqual(Uint8Array.of(1));
	});

	test("answers are not for a device", () => {
		const bench = new Bench();
		bench.feed(frameOf(0x81, 7));
		expect(bench.answers).toEqual([]);
	});

	test("a fault of the device is told as one", () => {
		const records = new FakeRecords();
		records.has = () => {
			throw new Error("broken");
		};
		expect(new Bench({ records }).status("identify")).toBe("failed");
	});
});

describe("time", () => {
	test("a frame that is cut is dropped after a silence, and one behind it answered", () => {
		const bench = new Bench();
		const frame = frameOf(commands.identify, 1);
		// The first of these looks like the beginning of a long one.
		bench.feed(unhex("a501040001020000"));
		bench.feed(unhex("a501040001010000"));
		bench.feed(frame);
		expect(bench.answers).toEqual([]);
		expect(bench.core.wakeAt).toBe(bench.now + GAP);
		bench.pass(GAP - 1);
		expect(bench.answers).toEqual([]);
		bench.pass(1);
		expect(bench.answers.length).toBe(1);
		expect(bench.core.wakeAt).toBe(undefined);
	});

	test("a session that is used stays", () => {
		const bench = new Bench();
		bench.begin();
		for (let round = 0; round < 3; round++) {
			bench.pass(SESSION_IDLE - 1);
			expect(bench.write("link/host", "abc")).toBe("ok");
		}
		bench.pass(SESSION_IDLE);
		expect(bench.write("link/host", "abc")).toBe("no-session");
		expect(bench.core.wakeAt).toBe(undefined);
	});

	test("after a commit the host is waited for; when it says nothing, the device goes on", () => {
		const bench = new Bench();
		bench.burn(deviceSecret);
		bench.pass(SETTLE - 1);
		bench.ask("list");
		bench.pass(SETTLE - 1);
		expect(bench.events).toEqual(["commit device-secret"]);
		bench.pass(1);
		expect(bench.events).toEqual(["commit device-secret", "provisioned"]);
		expect(bench.core.wakeAt).toBe(undefined);
	});

	test("a host that asks for a restart gets it once its answer is out, and nothing after it", () => {
		const bench = new Bench();
		bench.burn(deviceSecret);
		bench.drains = false;
		const boot = field(bench.ask("list"), tags.boot) ?? new Uint8Array(0);
		expect(boot.length).toBe(0);
		bench.core.sent(bench.now);
		const identified = bench.ask("identify");
		bench.core.sent(bench.now);
		const fields: Fields = [[tags.boot, field(identified, tags.boot) as Uint8Array]];
		expect(bench.status("restart", fields)).toBe("ok");
		expect(bench.events.includes("restart")).toBe(false);
		bench.core.sent(bench.now);
		expect(bench.events.includes("restart")).toBe(true);
		bench.pass(SETTLE * 2);
		expect(bench.events.includes("provisioned")).toBe(false);
	});

	test("while an answer is on its way nothing is taken", () => {
		const bench = new Bench();
		bench.drains = false;
		const frame = frameOf(commands.identify, 1);
		const both = new Uint8Array(frame.length * 2 + 3);
		both.set(frame);
		both.set(frame, frame.length);
		both.set(frame.subarray(0, 3), frame.length * 2);
		bench.feed(both);
		expect(bench.answers.length).toBe(1);
		expect(bench.core.space(10).length).toBe(0);
		bench.pass(GAP * 2);
		expect(bench.answers.length).toBe(1);
		bench.core.sent(bench.now);
		expect(bench.answers.length).toBe(2);
		bench.core.sent(bench.now);
		expect(bench.core.wakeAt).toBe(bench.now + GAP);
		bench.pass(GAP);
		bench.drains = true;
		expect(bench.status("list")).toBe("ok");
	});

	test("close forgets everything", () => {
		const bench = new Bench();
		bench.burn(deviceSecret);
		bench.begin(OTHER);
		bench.write("link/host", "abc", 0, 9, OTHER);
		bench.feed(unhex("a5"));
		bench.core.close();
		expect(bench.core.wakeAt).toBe(undefined);
		expect(bench.write("link/host", "abc", 0, 9, OTHER)).toBe("no-session");
	});
});

test("addNetworks and fresh come with begin", () => {
	const bench = new Bench();
	bench.records.write({ "network/1/ssid": "old" });
	expect(bench.burn([["network/2/ssid", "new"]], beginFlags.addNetworks)).toBe("ok");
	expect(bench.records.names()).toEqual(["network/1/ssid", "network/2/ssid"]);
	expect(bench.burn([["network/3/ssid", "only"]], 0, OTHER)).toBe("ok");
	expect(bench.records.names()).toEqual(["network/3/ssid"]);
});

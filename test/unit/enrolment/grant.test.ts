// What the platform grants, and a vault that doesn't take it, or that another identity was burned into meanwhile.
import type { Enrolled } from "enrolment/enrolment";
import { encode } from "hal/text";
import { VaultError } from "vault/error";
import type { Changes } from "vault/records";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeRecords } from "../../lib/fake-records";
import { FakeStream } from "../../lib/fake-stream";
import { clock } from "../../lib/hal/clock";
import { bytes, publishPacket } from "../mqtt/support";
import { certificates, certified, connectOf, key, Platform, start } from "./support";

const HOUR = 3_600_000;

beforeEach(() => {
	clock.reset();
	FakeStream.made = [];
	FakeStream.refuse = undefined;
});

const named = { "identity/productKey": "pk", "identity/deviceName": "device" };
const product = { ...named, "identity/productSecret": key("p") };
const nwl = { ...product, "identity/registration": "regnwl" };

/** Records that take no write as long as a test wants. */
class Stubborn extends FakeRecords {
	stubborn: VaultError | undefined;

	override write(changes: Changes): void {
		if (this.stubborn) throw this.stubborn;
		super.write(changes);
	}
}

/** The newest connection opens, and the platform answers what comes. */
function connect(platform: Platform, answers = 2): void {
	FakeStream.last.open();
	if (FakeStream.last.written.length === 0) return;
	for (const packet of platform.answer(FakeStream.last.newest).slice(0, answers)) FakeStream.last.receive(packet);
}

describe.each([
	["register", product],
	["regnwl", nwl],
] as const)("%s: what isn't kept", (_way, changes) => {
	test("isn't asked for again: it's kept later, once the vault takes it", () => {
		const records = new Stubborn(changes);
		const platform = new Platform();
		const { ready, failures, lines } = start(records);
		clock.pass(0);
		FakeStream.last.open();
		records.stubborn = new VaultError("flash");
		for (const packet of platform.answer(FakeStream.last.newest)) FakeStream.last.receive(packet);
		expect([ready.length, failures.at(-1)?.error.message, failures.at(-1)?.wait]).toEqual([0, "vault: flash", 20_000]);
		clock.pass(100 * HOUR);
		expect([ready.length, platform.registrations, FakeStream.made.length]).toEqual([0, 1, 1]);
		expect(failures.length).toBeGreaterThan(100);
		expect(failures.every(({ error }) => error.code === "vault")).toBe(true);
		records.stubborn = undefined;
		clock.pass(HOUR);
		expect([ready.length, platform.registrations, FakeStream.made.length]).toEqual([1, 1, 1]);
		expect([lines.at(-1), records.has("identity/room")]).toEqual(["I enrolment registered", false]);
	});
	test("is closed with the enrolment", () => {
		const records = new Stubborn(changes);
		const { enrolment, ready } = start(records);
		clock.pass(0);
		FakeStream.last.open();
		records.stubborn = new VaultError("flash");
		for (const packet of new Platform().answer(FakeStream.last.newest)) FakeStream.last.receive(packet);
		enrolment.close();
		records.stubborn = undefined;
		clock.pass(HOUR);
		expect([ready.length, records.written.flat().includes("identity/deviceSecret")]).toEqual([0, false]);
	});
	test("is dropped when another identity was burned meanwhile", () => {
		const records = new Stubborn(changes);
		const { ready, failures } = start(records);
		clock.pass(0);
		FakeStream.last.open();
		records.stubborn = new VaultError("flash");
		for (const packet of new Platform().answer(FakeStream.last.newest)) FakeStream.last.receive(packet);
		records.stubborn = undefined;
		records.write({ ...named, "identity/deviceName": "other", "identity/deviceSecret": key("burned") });
		clock.pass(HOUR);
		expect(failures.map(({ error }) => error.code)).toEqual(["vault", "superseded"]);
		expect(ready.map(({ identity }) => identity.deviceName)).toEqual(["other"]);
	});
});

describe("without pre-registration", () => {
	test("nothing is asked for by a device whose vault takes no write: no place is used up", () => {
		for (const code of ["full", "flash"] as const) {
			const records = new Stubborn(nwl);
			records.stubborn = new VaultError(code);
			const platform = new Platform();
			const { failures } = start(records);
			clock.pass(0);
			for (let hour = 0; hour < 24; hour += 1) {
				connect(platform);
				clock.pass(HOUR);
			}
			expect([failures[0]?.error.message, failures[0]?.wait, platform.registrations]).toEqual([
				`vault: ${code}`,
				20_000,
				0,
			]);
			expect(FakeStream.made.every(({ written }) => written.length === 0)).toBe(true);
		}
	});
	test("nor by one whose vault says that it does, and doesn't", () => {
		const records = new FakeRecords(nwl);
		records.write = () => {};
		const { failures } = start(records);
		clock.pass(0);
		FakeStream.last.open();
		expect([failures[0]?.error.message, FakeStream.last.written]).toEqual(["vault: what was kept is not there", []]);
	});
	test("room is made for the largest grant, before anything is sent and each time anew", () => {
		const records = new FakeRecords(nwl);
		const { failures } = start(records);
		clock.pass(0);
		expect(records.written).toEqual([]);
		for (let time = 1; time <= 2; time += 1) {
			FakeStream.last.open();
			expect(records.written.length).toBe(time);
			FakeStream.last.receive(bytes("20020004"));
			clock.pass(failures.at(-1)?.wait ?? 0);
		}
		expect([records.written, records.bytes("identity/room")?.byteLength]).toEqual([
			[["identity/room"], ["identity/room"]],
			640,
		]);
	});
	test("an answer that is none, which cost a place, is waited after for hours", () => {
		const { failures } = start(new FakeRecords(nwl));
		clock.pass(0);
		FakeStream.last.open();
		FakeStream.last.receive(bytes("20020000"));
		FakeStream.last.receive(publishPacket("/ext/regnwl", encode("{}")));
		clock.pass(15_000);
		expect([failures[0]?.error.code, failures[0]?.wait]).toEqual(["bad-answer", 4 * HOUR]);
	});
	test("an answer that gets lost may have cost one, but not a connection that was never made or was refused", () => {
		const { failures } = start(new FakeRecords(nwl));
		clock.pass(0);
		FakeStream.last.fail();
		FakeStream.last.fail();
		clock.pass(3000);
		FakeStream.last.open();
		FakeStream.last.receive(bytes("20020003"));
		clock.pass(30_000);
		FakeStream.last.open();
		FakeStream.last.receive(bytes("20020000"));
		FakeStream.last.fail();
		expect(failures.map(({ error, wait }) => [error.code, wait])).toEqual([
			["network", 3000],
			["server", 30_000],
			["network", HOUR],
		]);
	});
});

describe("an identity that is burned while an answer is under way", () => {
	const others: readonly (readonly [string, Changes])[] = [
		["of another device", { "identity/deviceName": "other" }],
		["of another product", { "identity/productKey": "pk2" }],
		["of another secret", { "identity/productSecret": key("p2") }],
		["with a secret of its own", { "identity/deviceSecret": key("burned") }],
		["with a token", { "identity/clientId": "c", "identity/deviceToken": key("t") }],
		["with a certificate", certified],
		["of another cloud", { "link/host": "other" }],
	];
	test.each(others)("%s isn't overwritten", (_what, burned) => {
		for (const changes of [product, { ...product, "identity/road": "https" }, nwl] as Changes[]) {
			const records = new FakeRecords(changes);
			const { failures, lines, enrolment } = start(records);
			clock.pass(0);
			FakeStream.last.open();
			records.write(burned);
			records.written.length = 0;
			if (changes["identity/road"] === "https") {
				const body = '{"code":200,"data":{"productKey":"pk","deviceName":"device","deviceSecret":"s"}}';
				FakeStream.last.receive(encode(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
			} else {
				for (const packet of new Platform().answer(FakeStream.last.newest)) FakeStream.last.receive(packet);
			}
			const message = "superseded: another identity was burned meanwhile";
			expect([failures.map(({ error, wait }) => [error.message, error.retry, wait]), records.written]).toEqual([
				[[message, "now", 0]],
				[],
			]);
			expect(lines.at(-1)).toBe(`W enrolment failed: ${message}, again in 0.0 s`);
			enrolment.close();
		}
	});
	test("isn't given the names of the old certificate", () => {
		const [, { pem, key: secret } = { pem: "", key: "" }] = certificates;
		const records = new FakeRecords(certified);
		const { failures } = start(records);
		clock.pass(0);
		FakeStream.last.open();
		records.write({ "identity/certificate": encode(pem), "identity/privateKey": key(secret) });
		for (const packet of new Platform().answer(FakeStream.last.newest)) FakeStream.last.receive(packet);
		expect([failures[0]?.error.code, records.has("identity/deviceName")]).toEqual(["superseded", false]);
	});
});

describe("restart", () => {
	const names = (ready: readonly Enrolled[]) => ready.map(({ identity }) => identity.deviceName);
	test("leaves an attempt alone that is still the right device's: it can't be taken back", () => {
		const records = new FakeRecords(nwl);
		const platform = new Platform();
		const { enrolment, ready } = start(records);
		clock.pass(0);
		records.write({ "network/1/ssid": "other" });
		enrolment.restart();
		clock.pass(0);
		connect(platform);
		expect([names(ready), FakeStream.made.length, platform.registrations]).toEqual([["device"], 1, 1]);
	});
	test("gives up another's, and begins by what was burned", () => {
		const records = new FakeRecords(product);
		const { enrolment, ready } = start(records);
		clock.pass(0);
		const [old] = FakeStream.made;
		records.write({ "identity/deviceName": "other" });
		enrolment.restart();
		expect(old?.closed).toBe(true);
		clock.pass(0);
		FakeStream.last.open();
		expect(connectOf(FakeStream.last.newest).userName).toBe("other&pk");
		expect(ready).toEqual([]);
	});
	test("doesn't wait, and makes somebody of who was nobody", () => {
		const records = new FakeRecords({});
		const { enrolment, ready, failures } = start(records);
		clock.pass(0);
		expect(failures[0]?.wait).toBe(undefined);
		records.write({ ...named, "identity/deviceSecret": key("s") });
		enrolment.restart();
		clock.pass(0);
		expect(names(ready)).toEqual(["device"]);
		records.write({ "identity/deviceName": "other" });
		enrolment.restart();
		clock.pass(0);
		expect(names(ready)).toEqual(["device", "other"]);
		enrolment.close();
		enrolment.restart();
		clock.pass(HOUR);
		expect(ready.length).toBe(2);
	});
	test("goes by a vault that can't be read as by one that has changed", () => {
		const records = new FakeRecords(product);
		const { enrolment, failures } = start(records);
		clock.pass(0);
		records.key = () => {
			throw new VaultError("damaged");
		};
		enrolment.restart();
		clock.pass(0);
		expect([FakeStream.made[0]?.closed, failures[0]?.error.message]).toEqual([true, "vault: damaged"]);
	});
});

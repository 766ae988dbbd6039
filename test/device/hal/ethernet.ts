// ECMA-419 Ethernet, as a device without a radio has it.
import networkInterface, { type Ethernet, type InterfaceOptions } from "hal/interface";
import { describe, expect, test } from "test/expect";
import { deferred, sleep } from "./support";

function make(options: InterfaceOptions = {}): Ethernet {
	const { kind, io } = networkInterface();
	if (kind !== "ethernet") throw new Error("no cable");
	return new io(options);
}

test("connects from the start, and has an address then", async () => {
	const ethernet = make();
	// Who gives addresses may take his time.
	while (ethernet.connection !== 500) await sleep(5);
	expect(typeof ethernet.address).toBe("string");
	expect(ethernet.MAC).toMatch(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
	ethernet.connect();
	ethernet.close();
});

test("comes back by connect(), told by connection and address", async () => {
	const done = deferred();
	const told: string[] = [];
	const ethernet = make({
		onChanged(property) {
			told.push(`${property} ${ethernet.connection}`);
			if (property === "address") done.resolve();
		},
	});
	ethernet.disconnect();
	expect(ethernet.connection).toBe(200);
	expect(ethernet.address).toBeUndefined();
	ethernet.connect();
	ethernet.connect();
	expect(told).toEqual([]);
	await done.promise;
	expect(told).toEqual(["connection 500", "address 500"]);
	ethernet.close();
});

test("says nothing after close(), also one in a callback", async () => {
	const told: string[] = [];
	const first = make({ onChanged: (property) => told.push(property) });
	first.disconnect();
	first.connect();
	first.close();
	const second = make({
		onChanged(property) {
			told.push(property);
			second.close();
		},
	});
	second.disconnect();
	second.connect();
	while (told.length === 0) await sleep(5);
	await sleep(10);
	expect(told).toEqual(["connection"]);
});

describe("close", () => {
	test("may be called twice; any other use throws then", () => {
		const ethernet = make();
		ethernet.close();
		ethernet.close();
		expect(() => ethernet.connection).toThrow();
		expect(() => ethernet.address).toThrow();
		expect(() => ethernet.MAC).toThrow();
		expect(() => ethernet.connect()).toThrow();
		expect(() => ethernet.disconnect()).toThrow();
	});
});

describe("options", () => {
	test.each([
		["nothing", undefined],
		["a number", 1],
		["onChanged that can't be called", { onChanged: 1 }],
	])("the constructor refuses %s", (_name, options) => {
		const { io } = networkInterface();
		expect(() => new io(options as object)).toThrow();
	});
});

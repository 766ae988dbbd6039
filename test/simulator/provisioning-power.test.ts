// Power cuts while a device is burned: at any flash operation it holds all of the old identity or all of the new one, and
// the host that goes on after the restart gets the new one in.
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type BurnRecord, ConsoleClient } from "../../tools/lib/console/client";
import { openVault } from "../../tools/lib/vault";
import { consoleDevice, portOf, useConsoleDevice } from "./console-device";
import { boot, folder } from "./firmware";

useConsoleDevice();

const record = (name: string, value: string | Uint8Array): BurnRecord => ({ name, value: Buffer.from(value) });
const quick = { answerTime: 300, commitTime: 600, tries: 40 };

const old = [
	record("identity/productKey", "a1B2c3D4e5F"),
	record("identity/deviceName", "old"),
	record("identity/deviceSecret", "secret of the old one"),
];
/** Long enough for several writes; another kind, so that records of the old one go. */
const next = [
	record("identity/certificate", new Uint8Array(2000).fill(0x63)),
	record("identity/privateKey", new Uint8Array(1500).fill(0x6b)),
	record("link/host", "cloud.example"),
];
const oldNames = old.map(({ name }) => name).sort();
const nextNames = next.map(({ name }) => name).sort();

let before = "";
/** Flash operations from power-on until the new identity was proved. */
let operations = 0;
/** Those before the host said anything. */
let mounting = 0;

function copyOf(flash: string): string {
	const copy = join(folder(), "flash.bin");
	copyFileSync(flash, copy);
	// The key that the simulated chip alone has.
	if (existsSync(`${flash}.key`)) copyFileSync(`${flash}.key`, `${copy}.key`);
	return copy;
}

beforeAll(async () => {
	const { simulator, port, flash } = await consoleDevice("tcp:0");
	before = flash;
	const client = await ConsoleClient.open(port);
	await client.burn(old);
	client.close();
	await simulator.stop();

	const silent = await consoleDevice("tcp:0", {}, copyOf(before));
	await silent.simulator.stop();
	mounting = (await silent.simulator.event("exit")).flashOperations;

	const whole = await consoleDevice("tcp:0", {}, copyOf(before));
	const host = await ConsoleClient.open(whole.port);
	await host.burn(next);
	host.close();
	await whole.simulator.stop();
	operations = (await whole.simulator.event("exit")).flashOperations;
}, 600_000);

const all = process.env["LINKXS_ALL"] === "1";
const ways = ["before", "torn", "after"] as const;

/** Each operation one way (the last one: after it), or all of them. */
function cuts(): string[] {
	return Array.from({ length: operations - mounting }, (_, index) => mounting + index + 1).flatMap((at) =>
		(all ? ways : [ways[(operations - at + 2) % 3] ?? "torn"]).map((way) => `${at}:${way}`),
	);
}

/** What a flash file's vault holds when nobody comes after the cut: by the library, not by the device. */
function held(flash: string): string[] {
	const vault = openVault(flash);
	try {
		return vault.names();
	} finally {
		vault.close();
	}
}

test(
	"a device that is left alone after the cut is the old one or the new one",
	async () => {
		expect(operations).toBeGreaterThan(mounting);
		const seen = { old: 0, new: 0 };
		for (const cutPowerAt of cuts()) {
			const flash = copyOf(before);
			const simulator = boot(flash, { serial: "tcp:0", cutPowerAt });
			const client = await ConsoleClient.open(await portOf(simulator), quick);
			await client.burn(next).catch((error: unknown) => expect(error).toMatchObject({ code: "closed" }));
			client.close();
			expect((await simulator.ended).code, cutPowerAt).toBe(4);
			const names = held(flash);
			const isNew = names.includes("identity/certificate");
			expect(names, cutPowerAt).toEqual(isNew ? nextNames : oldNames);
			seen[isNew ? "new" : "old"] += 1;
		}
		expect(seen.old).toBeGreaterThan(0);
		expect(seen.new).toBeGreaterThan(0);
		console.log(
			`console: power cut in a commit: ${seen.old + seen.new} points, ${seen.old} old, ${seen.new} new, 0 lost`,
		);
	},
	all ? 600_000 : 60_000,
);

test(
	"a host that goes on after the restart burns the new one, whole",
	async () => {
		for (const cutPowerAt of cuts().filter((_, index, { length }) => all || (length - 1 - index) % 6 === 0)) {
			const flash = copyOf(before);
			const simulator = boot(flash, { serial: "tcp:0", cutPowerAt, restart: true, backoff: 0 });
			const client = await ConsoleClient.open(await portOf(simulator), quick);
			await client.burn(next);
			await simulator.event("power");
			for (const one of next) await client.prove(one);
			expect(await client.list(), cutPowerAt).toEqual(nextNames);
			client.close();
			await simulator.stop();
		}
	},
	all ? 600_000 : 60_000,
);

// The simulator's radio from outside: the file of the access points, and what a device makes of it.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../tools/build/places";
import { exitCodes } from "../../tools/simulator/events";
import type { Simulator } from "../../tools/simulator/simulator";
import { tracesOf } from "../lib/secrets";
import { noteSecret } from "../lib/transcript";
import { boot, flash, folder, useSimulator, variant } from "./firmware";

useSimulator();

const run = promisify(execFile);

const key = "key of the house's network";
noteSecret("Wi-Fi", key);

function air(text: string): string {
	const file = join(folder(), "air.txt");
	writeFileSync(file, text);
	return file;
}

/** As the image has a key, which is to be a secret only on the device. */
const masked = (text: string): string => Buffer.from(Buffer.from(text).map((byte) => byte ^ 0x5a)).toString("hex");

/** The next line from now on. */
async function next(device: Simulator, line: string): Promise<void> {
	device.lines.length = 0;
	await device.line(line);
}

describe("the file", () => {
	const files: [string, string, string][] = [
		["a word that isn't one", "home kee 12345678", 'air.txt:1: what is "kee"?'],
		["a key that is too short", "\n\nhome key 1234567", "air.txt:3: key: 8 to 64 bytes are needed"],
		["a key that is too long", `home key ${"k".repeat(65)}`, "air.txt:1: key: 8 to 64 bytes are needed"],
		["a key that is missing", "home key # none", "air.txt:1: key: a value is missing"],
		["a name that is too long", "x".repeat(33), "air.txt:1: a name has 1 to 32 bytes"],
		["an empty name", '""', "air.txt:1: a name has 1 to 32 bytes"],
		["a quote that isn't closed", '"home', "air.txt:1: a quote is not closed"],
		["a word that is too long", "x".repeat(200), "air.txt:1: a word is longer than 127 bytes"],
		["a line that is too long", `home ${" ".repeat(1100)}`, "air.txt:1: a line is longer than 1022 bytes"],
		["a signal that is none", "home rssi 5", "air.txt:1: rssi: a number from -120 to 0 is needed"],
		["a channel that is none", "home channel x", "air.txt:1: channel: a number from 1 to 14 is needed"],
		["times that are none", "home up 5", "air.txt:1: up: FROM-TO or FROM-, up to 8"],
		["times that end before they begin", "home up 5-5", "air.txt:1: up: FROM-TO or FROM-"],
		["too many times", `home up ${"1-2,".repeat(9)}1-2`, "air.txt:1: up: FROM-TO or FROM-"],
		["an address after a while that is none", "home dhcp -1", "air.txt:1: dhcp: none or milliseconds are needed"],
		["too long a time", "home lasts 86400001", "air.txt:1: lasts: a number from 0 to 86400000 is needed"],
		["33 networks", "x\n".repeat(33), "air.txt:33: more than 32 networks"],
		["bytes that are no text", `\0\0\nhome \xff`, 'air.txt:2: what is "'],
	];

	test.each(files)("is refused with %s", async (_name, text, message) => {
		const device = boot(await flash("wireless"), { wifi: air(text) });
		const { code, reason } = await device.ended;
		expect(code).toBe(exitCodes.failed);
		expect(reason).toContain(message);
	});

	test.skipIf(variant !== "debug")("of random words and bytes never leads the reader astray", async () => {
		const seed = process.env["LINKXS_SEED"] ?? String(Date.now());
		const [binary, simulator] = [join(folder(), "air-fuzz"), join(ROOT, "hal", "simulator")];
		await run("gcc", [
			...["-g", "-O1", "-Wall", "-Wextra", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
			...[`-I${simulator}`, "-o", binary, join(ROOT, "test", "simulator", "air-fuzz.c")],
			join(simulator, "access-points.c"),
		]);
		const count = process.env["LINKXS_ALL"] ? "100000" : "3000";
		const { stdout } = await run(binary, [join(folder(), "air.txt"), seed, count]).catch((error: Error) => {
			throw new Error(`LINKXS_SEED=${seed}: ${error.message}`);
		});
		const [, files, accepted] = /^(\d+) files, (\d+) accepted/.exec(stdout) ?? [];
		expect(Number(accepted)).toBeGreaterThan(Number(files) / 100);
		expect(Number(accepted)).toBeLessThan(Number(files));
	});

	test("that isn't there is said", async () => {
		const { code, reason } = await boot(await flash("wireless"), { wifi: "/nowhere/air.txt" }).ended;
		expect([code, reason]).toEqual([exitCodes.failed, "/nowhere/air.txt: No such file or directory"]);
	});

	test("may have comments, quotes, empty lines and Windows's line ends", async () => {
		const text = `# all of it\r\n\r\n"a \\"house\\" # 1" key "${key}" rssi -40 channel 11 join 1 dhcp 1 # home\r\n`;
		const device = boot(await flash("wireless", { networks: { 'a "house" # 1': masked(key) } }), { wifi: air(text) });
		await device.line("online");
		expect(device.events.filter(({ event }) => event === "wifi")).toEqual(
			[300, 400, 500].map((connection) => ({ event: "wifi", connection, ssid: 'a "house" # 1' })),
		);
		await device.stop();
	});

	test("of nothing is an empty air", async () => {
		const device = boot(await flash("wireless", { networks: { home: masked(key) } }), { wifi: air("") });
		await device.line("offline no-signal home");
		await device.stop();
	});
});

describe("the board", () => {
	test("has a cable that holds, without the option", async () => {
		const device = boot(await flash("wireless"));
		await device.line("online");
		expect(device.lines).toEqual(["board ethernet", "online"]);
		await device.stop();
	});

	test("has a radio with it, and tells a wrong key", async () => {
		const device = boot(await flash("wireless", { networks: { home: masked("of somebody else") } }), {
			wifi: air(`home key "${key}"`),
		});
		await device.line("offline wrong-key home");
		expect(device.lines[0]).toBe("board wifi");
		await device.stop();
	});
});

test("a connected device has the key of its network in no part of XS's memory", async () => {
	const path = await flash("wireless", { networks: { home: masked(key) } });
	const device = boot(path, { wifi: air(`home key "${key}"`), heapFile: `${path}.heap` });
	await device.line("online");
	expect(tracesOf(await device.heap(), { key })).toEqual([]);
	await device.stop();
});

test("linkxs sim has the radio, too", async () => {
	const path = await flash("wireless", { networks: { home: masked(key) } });
	const args = ["sim", "--variant", variant, "--flash", path, "--wifi", air(`home key "${key}"`)];
	const child = spawn(process.execPath, ["tools/linkxs.mjs", ...args], {
		cwd: ROOT,
		stdio: ["ignore", "pipe", "inherit"],
	});
	let out = "";
	child.stdout.setEncoding("utf8").on("data", (data: string) => {
		out += data;
		if (out.includes("online")) child.kill("SIGTERM");
	});
	await once(child, "close");
	expect(out.trim().split("\n").slice(0, 2)).toEqual(["board wifi", "online"]);
});

describe("the file may be changed while the device runs", () => {
	test("an access point goes, comes back, and gets another key", async () => {
		const file = air(`home key "${key}"`);
		const device = boot(await flash("wireless", { networks: { home: masked(key) } }), { wifi: file });
		await device.line("online");
		writeFileSync(file, "");
		await device.line("offline lost home");
		await device.line("offline no-signal home");
		writeFileSync(file, `home key "${key}"`);
		await next(device, "online");
		writeFileSync(file, "home key another-one");
		await next(device, "offline wrong-key home");
		await device.stop();
	});

	test("as a whole, and what stays in it stays joined", async () => {
		const file = air(`home key "${key}"`);
		const device = boot(await flash("wireless", { networks: { home: masked(key) } }), { wifi: file });
		await device.line("online");
		writeFileSync(`${file}.new`, `cafe\nhome key "${key}" rssi -80\n`);
		renameSync(`${file}.new`, file);
		await device.event("air", ({ networks }) => networks === 2);
		expect(device.lines).toEqual(["board wifi", "online"]);
		writeFileSync(`${file}.new`, "");
		renameSync(`${file}.new`, file);
		await device.line("offline lost home");
		expect(device.lines.filter((line) => line.startsWith("offline"))).toEqual(["offline lost home"]);
		await device.stop();
	});

	test("into one that is wrong is told, and leaves what was there", async () => {
		const file = air(`home key "${key}"`);
		const device = boot(await flash("wireless", { networks: { home: masked(key) } }), { wifi: file });
		await device.line("online");
		const told = new Promise<string>((resolve) => device.once("message", resolve));
		writeFileSync(file, "home wrong");
		expect(await told).toContain('air.txt:1: what is "wrong"?');
		expect(device.lines).toEqual(["board wifi", "online"]);
		await device.stop();
	});
});

// 20 s: the waits of the rules in real time.
test.runIf(process.env["LINKXS_ALL"])(
	"a network that gives no address is left for the next",
	async () => {
		const device = boot(await flash("wireless", { networks: { mute: "", home: masked(key) } }), {
			wifi: air(`mute dhcp none\nhome key "${key}"`),
		});
		await device.line("online", 60_000);
		expect(device.lines).toEqual(["board wifi", "offline no-address mute", "online"]);
		await device.stop();
	},
	90_000,
);

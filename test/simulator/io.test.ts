// What only the simulator has: the second UART, the power switch, the count of system calls.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { closeSync, createReadStream, openSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { simulatorPath } from "../../tools/build/places";
import { runArguments } from "../../tools/simulator/simulator";
import { boot, flash, folder, useSimulator, variant } from "./firmware";

useSimulator();

const run = promisify(execFile);

describe("the second UART", () => {
	test("over TCP: echo, refusals, a reset in between, a peer that comes back", async () => {
		const device = boot(await flash("serial-echo"), { serial: "tcp:0" });
		const { port = 0 } = await device.event("serial");
		await device.line("ready");
		for (const line of ["in use: Error", "no port: TypeError", "other port: RangeError", "no baud: TypeError"])
			expect(device.lines).toContain(line);
		expect(device.lines).toContain("baud: RangeError");
		const first = await peer(port);
		expect(await ask(first, "hello", 5)).toBe("hello");
		first.write("R");
		await device.event("boot", ({ run }) => run === 2);
		expect(await ask(first, "again", 5)).toBe("again");
		first.destroy();
		const second = await peer(port);
		expect(await ask(second, "B", 20_000)).toBe(".".repeat(20_000));
		second.destroy();
		await device.stop();
	});

	test("over a pty", async () => {
		const device = boot(await flash("serial-echo"), { serial: "pty" });
		const { path = "" } = await device.event("serial");
		await device.line("ready");
		const fd = openSync(path, "r+");
		const stream = createReadStream("", { fd, autoClose: false });
		writeFileSync(fd, "hello");
		let text = "";
		for await (const piece of stream) {
			text += String(piece);
			if (text.length >= 5) break;
		}
		expect(text).toBe("hello");
		closeSync(fd);
		await device.stop();
	});

	test("without --serial there's none", async () => {
		const device = boot(await flash("serial-echo"), { resets: 0 });
		expect(await device.line(/^# exception/)).toContain("--serial");
		await device.stop();
	});
});

async function peer(port: number): Promise<Socket> {
	const socket = connect(port, "127.0.0.1");
	await once(socket, "connect");
	return socket;
}

async function ask(socket: Socket, text: string, length: number): Promise<string> {
	let answer = "";
	socket.write(text);
	while (answer.length < length) answer += String((await once(socket, "data"))[0]);
	return answer;
}

describe("the power switch", () => {
	const steps = 24;
	const all = process.env["LINKXS_ALL"] === "1";

	test(
		"at any flash operation, in any way, leaves the old or the new value",
		async () => {
			const image = readFileSync(await flash("cuts", { steps }));
			const path = join(folder(), "flash.bin");
			writeFileSync(path, image);
			const whole = boot(path);
			await whole.line("last");
			await whole.stop();
			const { flashOperations } = await whole.event("exit");
			expect(flashOperations).toBeGreaterThan(steps);
			const counted = await whole.event("flash");
			expect(counted.erases + counted.programs).toBe(flashOperations);
			expect(counted.violations).toBe(0);
			expect(counted.wear).toBe(1);
			const ways = ["before", "torn", "after"];
			const cuts = Array.from({ length: flashOperations }, (_, index) => index + 1).flatMap((at) =>
				// Each operation one way, or all; the store's C has its own exhaustive test in test/power.
				(all ? ways : [ways[at % 3] ?? ""]).map((way) => `${at}:${way}`),
			);
			const work = async (): Promise<void> => {
				const file = join(folder(), "flash.bin");
				for (let cut = cuts.shift(); cut !== undefined; cut = cuts.shift()) {
					writeFileSync(file, image);
					expect(await cutOnce(file, cut), `--cut-power-at ${cut}`).toBe("");
				}
			};
			await Promise.all([work(), work()]);
		},
		all ? 600_000 : 120_000,
	);
});

/** What is wrong after a cut and a new start; nothing when all is well. */
async function cutOnce(file: string, cutPowerAt: string): Promise<string> {
	const device = boot(file, { cutPowerAt, restart: true });
	await device.event("power");
	await device.event("boot", ({ run }) => run === 2);
	const expected = new Map<string, string>();
	let open: readonly [key: string, value: string] | undefined;
	// The second run's: the first one may have been cut before it found anything.
	const seen = (): string | undefined => {
		const start = device.lines.lastIndexOf("start");
		if (start === device.lines.indexOf("start")) return undefined;
		return device.lines.slice(start).find((line) => line.startsWith("found"));
	};
	while (seen() === undefined) await once(device, "line");
	await device.stop();
	for (const line of device.lines.slice(0, device.lines.lastIndexOf("start"))) {
		const [word, key = "", value = ""] = line.split(" ");
		if (word === "begin") open = [key, value];
		if (word === "end" && open) {
			put(expected, open);
			open = undefined;
		}
	}
	const state = (values: ReadonlyMap<string, string>): string =>
		`found ${[...values]
			.map(([key, value]) => `${key}=${value}`)
			.sort()
			.join(" ")}`;
	const old = state(expected);
	if (open) put(expected, open);
	const found = seen() ?? "";
	return found === old || found === state(expected) ? "" : `${found}\ninstead of\n${old}\nor\n${state(expected)}`;
}

function put(values: Map<string, string>, [key, value]: readonly [string, string]): void {
	if (value === "") values.delete(key);
	else values.set(key, value);
}

const hasStrace = await run("strace", ["-V"]).then(
	() => true,
	() => false,
);

// Under a sanitizer other calls come in between.
test.skipIf(!hasStrace || variant === "asan")(
	"a request with its answer costs at most four system calls",
	async () => {
		const calls = async (count: number): Promise<number> => {
			const server = createServer((socket) => socket.on("error", () => {}).on("data", () => socket.write("0123")));
			await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
			const path = await flash("ping", { count, port: (server.address() as AddressInfo).port });
			const table = join(folder(), "strace");
			const args = ["-f", "-c", "-o", table, simulatorPath(variant), ...runArguments({ flash: path, resets: 0 })];
			// It ends by the reset that it has none left of.
			await run("strace", args).catch(() => {});
			server.close();
			// A table for each word size: strace itself begins the 32-bit build.
			const totals = readFileSync(table, "utf8").matchAll(/^\s*100\.00\s+\S+\s+\S+\s+(\d+)/gm);
			return [...totals].reduce((sum, [, calls]) => sum + Number(calls), 0);
		};
		const perTrip = ((await calls(2100)) - (await calls(100))) / 2000;
		expect(perTrip).toBeGreaterThan(2);
		expect(perTrip).toBeLessThanOrEqual(4);
	},
	60_000,
);

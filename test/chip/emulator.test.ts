// The emulator itself, with the least program there can be in place of loader and firmware.
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ROOT } from "../../tools/build/places";
import { Emulator } from "../../tools/chip/emulator";
import type { EmulatorOptions } from "../../tools/chip/qemu";
import { createFlash } from "../../tools/lib/flash-image";
import { describeChip } from "../lib/chip";

describeChip("the emulator", () => {
	const folder = mkdtempSync(join(tmpdir(), "linkxs-emulator-"));
	const flash = join(folder, "flash.bin");
	const loader = join(folder, "echo.bin");
	const running: Emulator[] = [];
	const sockets: Socket[] = [];

	beforeAll(() => {
		const elf = join(folder, "echo.elf");
		const made = spawnSync("riscv64-unknown-elf-gcc", [
			...["-march=rv32imac_zicsr", "-mabi=ilp32", "-O1", "-nostdlib", "-Wl,-e,start"],
			...["-Wl,--section-start=.start=0x20000000", "-Wl,-Ttext=0x20000040", "-o", elf, join(ROOT, "test/chip/echo.c")],
		]);
		expect(made.status, String(made.stderr)).toBe(0);
		const copied = spawnSync("riscv64-unknown-elf-objcopy", ["-O", "binary", elf, loader]);
		expect(copied.status, String(copied.stderr)).toBe(0);
		createFlash({ board: "chip-c3", path: flash });
	});
	afterEach(async () => {
		for (const socket of sockets.splice(0)) socket.destroy();
		await Promise.all(running.splice(0).map((it) => it.kill()));
	});
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	function start(options: Partial<EmulatorOptions> = {}): Emulator {
		const emulator = new Emulator({ flash, loader, ...options });
		running.push(emulator);
		return emulator;
	}

	async function second(emulator: Emulator): Promise<Socket> {
		const { port = 0 } = await emulator.event("serial");
		const socket = connect(port, "127.0.0.1");
		sockets.push(socket);
		return socket;
	}

	test("tells of the boot and of the second UART's port, and is stopped without a word", async () => {
		const emulator = start({ serial: "tcp:0" });
		await emulator.event("boot", ({ board }) => board === "echo");
		const socket = await second(emulator);
		socket.write("to the console\n");
		await emulator.line("to the console");
		expect(await new Promise((got) => socket.once("data", (bytes) => got(bytes.length)))).toBeGreaterThan(0);
		expect(await emulator.stop()).toEqual({ code: 0, signal: null, reason: "" });
	});

	test("a pty is the second UART as well", async () => {
		expect((await start({ serial: "pty" }).event("serial")).path).toMatch(/^\/dev\/pts\/\d+$/);
	});

	test("boots again after a reset, from inside and from outside, and with noReboot it ends", async () => {
		const boots = (emulator: Emulator) => emulator.events.filter(({ event }) => event === "boot").length;
		const emulator = start({ serial: "tcp:0" });
		await emulator.event("boot");
		(await second(emulator)).write("r");
		await emulator.event("boot", () => boots(emulator) === 2);
		await emulator.reset();
		await emulator.event("boot", () => boots(emulator) === 3);
		await emulator.stop();

		const once = start({ serial: "tcp:0", noReboot: true });
		await once.event("boot");
		(await second(once)).write("r");
		expect(await once.ended).toMatchObject({ code: 0, reason: "the emulator ended by itself" });
		expect(boots(once)).toBe(1);
	});

	test("a flash file has one emulator at a time", async () => {
		const first = start();
		await first.event("boot");
		expect(await start().ended).toMatchObject({ code: 1, reason: `${flash} is in use: another emulator runs on it` });
		await first.stop();
		await start().event("boot");
	});

	test("says what isn't there", async () => {
		expect(() => start({ flash: `${flash}.none` })).toThrow(/no flash file/);
		expect(() => start({ loader: `${loader}.none` })).toThrow(/no boot loader/);
		expect((await start({ xsbug: "127.0.0.1:1" }).ended).reason).toMatch(/Connection refused/);
	});

	test("ends with the process that started it, even when that is killed", async () => {
		const other = join(folder, "other.bin");
		copyFileSync(flash, other);
		const script = `import { Emulator } from "./tools/chip/emulator";
			const emulator = new Emulator(${JSON.stringify({ flash: other, loader })});
			emulator.event("boot").then(() => console.log("booted"));`;
		const parent = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
			cwd: ROOT,
			stdio: ["ignore", "pipe", "inherit"],
			env: { ...process.env, TSX_TSCONFIG_PATH: join(ROOT, "tools/tsconfig.json") },
		});
		await new Promise((booted) => parent.stdout.once("data", booted));
		expect((await start({ flash: other }).ended).code).toBe(1);
		parent.kill("SIGKILL");
		await expect
			.poll(async () => {
				const next = start({ flash: other });
				return Promise.race([next.event("boot").then(() => "booted"), next.ended.then(() => "in use")]);
			})
			.toBe("booted");
	});
});

// The second machine: the same firmware for a Cortex-M4F, whose flash and fuses are files that the emulator lends.
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BuildResult, buildImage } from "../../tools/build/build";
import { count } from "../../tools/build/chip/table";
import { buildChip, buildCompiler } from "../../tools/build/native";
import { ROOT } from "../../tools/build/places";
import { Emulator } from "../../tools/chip/emulator";
import type { EmulatorOptions } from "../../tools/chip/qemu";
import { createFlash } from "../../tools/lib/flash-image";
import { openVault } from "../../tools/lib/vault";
import { provision } from "../../tools/start/provision";
import { World } from "../cloud/lib/world";
import { chipMissing, describeChip } from "../lib/chip";
import { endTests } from "../lib/end-cases";
import { outcomesOf, preloadOutcomes } from "../lib/preload-cases";

const BOARD = "chip-mps2";

describeChip(
	"the firmware on a Cortex-M4F",
	() => {
		let parent = "";
		const running = new Set<Emulator>();
		const folder = () => mkdtempSync(join(parent, "t-"));

		beforeAll(async () => {
			mkdirSync(join(ROOT, "build", "chip-tests"), { recursive: true });
			parent = mkdtempSync(join(ROOT, "build", "chip-tests", "mps2-"));
			await buildCompiler();
			await buildChip("mps2-an386");
		}, 600_000);
		afterAll(async () => {
			await Promise.all([...running].map((it) => it.kill()));
			// Each flash file has 32 MB.
			rmSync(parent, { recursive: true, force: true });
		});

		/** A flash file with one of the programs of test/device/simulator. */
		async function flash(program: string, config: Readonly<Record<string, unknown>> = {}): Promise<string> {
			const { image } = await buildImage({
				manifest: join(ROOT, "test", "device", "simulator", "manifest.json"),
				main: `simulator/${program}`,
				reachableOnly: true,
				check: false, // `npm run typecheck` sees them
				config,
				board: BOARD,
				debug: false,
				out: join(folder(), "image"),
			});
			const path = join(folder(), "flash.bin");
			createFlash({ board: BOARD, image, path });
			return path;
		}

		function boot(path: string, options: Partial<EmulatorOptions> = {}): Emulator {
			const emulator = new Emulator({ flash: path, straps: ["wait=0", "clock"], ...options });
			running.add(emulator);
			return emulator;
		}

		test("boots from its flash file by the loader, and has its id from the fuses", async () => {
			const device = boot(await flash("hello"), { id: "0242ac110002" });
			expect(await device.event("boot")).toMatchObject({ board: BOARD, run: 1, reason: "power-on" });
			await device.line("id 0242ac110002");
			await device.line("tick 3");
			expect(await device.stop()).toMatchObject({ code: 0 });
		});

		test("its reset line starts it again", async () => {
			const device = boot(await flash("ends", { end: "hang" }));
			await device.line("begin power-on");
			await device.reset();
			await device.line("begin unknown");
			await device.stop();
		});

		endTests({ debuggable: false, boot: async (program, config) => boot(await flash(program, config)) });

		test("what is preloaded lies in flash, which its memory protection keeps", { timeout: 120_000 }, async () => {
			const device = boot(await flash("frozen"));
			await device.line("end of trials", 100_000);
			await device.stop();
			expect(outcomesOf(device.lines)).toEqual(preloadOutcomes);
		});

		describe("the reference firmware", () => {
			let world: World;
			let built: BuildResult;

			beforeAll(async () => {
				world = await World.start();
				built = await buildImage({ manifest: join(ROOT, "manifest.json"), check: false, board: BOARD, debug: false });
			}, 600_000);
			afterAll(() => world.stop());

			test("is who its vault says, connects over verified TLS and reports", { timeout: 60_000 }, async () => {
				const path = join(folder(), "flash.bin");
				createFlash({ board: BOARD, image: built.image, path });
				const [identity] = await provision(world.admin, "device", 1);
				const vault = openVault(path);
				await identity?.burn(vault);
				const root = readFileSync(world.cloud.caFile);
				vault.write({
					"link/host": "localhost",
					"link/address": "10.0.2.2",
					"link/port": String(world.cloud.ports.device),
					"link/root": new Uint8Array(root),
				});
				vault.close();
				const device = boot(path);
				await device.line("report 1 acknowledged", 40_000);
				expect(device.lines.join("\n")).toContain(`${identity?.deviceName} of `);
				expect(device.events.filter(({ event }) => event === "reset")).toEqual([]);
				await device.stop();

				// And not where the chain leads elsewhere.
				const other = openVault(path);
				other.write({ "link/root": undefined });
				other.close();
				const stranger = boot(path);
				await stranger.line("offline: tls: unknown-issuer", 40_000);
				expect(stranger.lines.join("\n")).not.toContain("acknowledged");
				await stranger.stop();
			});

			test.skipIf(chipMissing("sifive-u") !== undefined)(
				"is smaller than the RISC-V one",
				async () => {
					await buildChip("sifive-u");
					const riscv = await buildImage({
						manifest: join(ROOT, "manifest.json"),
						check: false,
						board: "chip-c3",
						debug: false,
						out: join(folder(), "image"),
					});
					const native = ["engine (XS)", "C libraries", "TLS (mbedTLS)", "TCP/IP (lwIP)", "our C"];
					const bytes = ({ report }: BuildResult, owner: string) =>
						report?.flash.rows.find((row) => row.owner === owner)?.bytes ?? Number.NaN;
					const code = (result: BuildResult) => native.reduce((sum, owner) => sum + bytes(result, owner), 0);
					const rows = [
						...native.map((owner) => [owner, bytes(built, owner), bytes(riscv, owner)] as const),
						["native code in all", code(built), code(riscv)] as const,
						["image", built.size, riscv.size] as const,
						["RAM before it runs", built.report?.ram.used ?? Number.NaN, riscv.report?.ram.used ?? Number.NaN] as const,
					];
					const lines = rows.map(
						([name, m4, rv32]) => `${name.padEnd(20)}${count(m4).padStart(12)}${count(rv32).padStart(12)}`,
					);
					console.log(["bytes".padEnd(20) + "Cortex-M4F".padStart(12) + "RV32IMC".padStart(12), ...lines].join("\n"));
					expect(code(built)).toBeLessThan(code(riscv));
					expect(code(built)).toBeGreaterThan(400_000);
					// Modules, objects and data are the same on both.
					expect(Math.abs(built.size - code(built) - (riscv.size - code(riscv)))).toBeLessThan(20_000);
				},
				600_000,
			);
		});
	},
	"mps2-an386",
);

// Lets the emulator run an image once as `npm start -- --on chip --once` does, with a cloud of its own, and looks what of the
// board's RAM the run has taken.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Emulator } from "../../chip/emulator";
import { CloudClient } from "../../cloud/client";
import { type Cloud, createCloud } from "../../cloud/cloud";
import { createFlash } from "../../lib/flash-image";
import { openVault } from "../../lib/vault";
import { Outcome } from "../../start/outcome";
import { placeOf } from "../../start/place";
import { provision } from "../../start/provision";
import { TimeServers } from "../../start/time-server";
import { BuildError } from "../error";
import { readElf } from "./elf";
import type { Firmware } from "./firmware";
import { largestOf, type MeasuredRam, measuredRam, measuredText } from "./ram-measured";
import { type RamPeaks, ramInFile, ramPeaks } from "./ram-peaks";
import type { ChipReport } from "./report";

/** How long a run may take until its first report is acknowledged, ms. */
const LONGEST = 30_000;
/** After that everything that a connection needs has been there, ms. */
const SETTLED = 500;

/** One run's parts, in a folder that goes with it. */
interface Run {
	readonly cloud: Cloud;
	readonly deviceName: string;
	readonly flash: string;
	/** The file that the emulator keeps the RAM in. */
	readonly ram: string;
}

/**
 * Runs it until its first report is acknowledged.
 *
 * @throws {BuildError} "board" when it doesn't get there: with what it said last, and what its memory was then
 */
export async function measureRam(image: Uint8Array, firmware: Firmware, report: ChipReport): Promise<MeasuredRam> {
	if (firmware.machine !== "sifive-u")
		throw new BuildError("tool", `--measure: RAM of ${firmware.machine} can't be looked at from outside`);
	const folder = mkdtempSync(join(tmpdir(), "linkxs-measure-"));
	const times = await TimeServers.start();
	const cloud = await createCloud({ state: join(folder, "cloud") });
	try {
		const [device] = await provision(new CloudClient(cloud), "device", 1);
		if (!device) throw new Error("the cloud made no device");
		const file = join(folder, "image");
		writeFileSync(file, image);
		const flash = join(folder, "flash.bin");
		createFlash({ board: report.board, image: file, path: flash });
		const vault = openVault(flash);
		try {
			vault.write(placeOf("device", cloud, times));
			await device.burn(vault);
		} finally {
			vault.close();
		}
		return await look({ cloud, deviceName: device.deviceName, flash, ram: join(folder, "ram") }, firmware, report);
	} finally {
		await cloud.close();
		times.close();
		rmSync(folder, { recursive: true, force: true });
	}
}

async function look(run: Run, { elf }: Firmware, report: ChipReport): Promise<MeasuredRam> {
	const program = readElf(elf);
	const chip = new Emulator({ flash: run.flash, more: ramInFile(run.ram) });
	const now = () => ramPeaks(run.ram, program);
	try {
		const { started, failure } = await firstReport(chip, run, now);
		const peaks = now();
		const measured = measuredRam(report.ram, peaks, started ?? peaks);
		if (failure === undefined) return measured;
		throw new BuildError("board", `there is no run to measure: ${failure}. The largest are ${largestOf(measured)}`, {
			detail: [...chip.lines.slice(-10), "", ...measuredText(measured)].join("\n"),
		});
	} finally {
		await chip.stop();
	}
}

interface Reached {
	/** When the program had said its first word: its modules are linked; undefined: it said none. */
	readonly started: RamPeaks | undefined;
	/** Why there was no report. */
	readonly failure: string | undefined;
}

/** Waits for the report, the chip's end or its first reset, or that time is up. */
function firstReport(chip: Emulator, { cloud, deviceName }: Run, now: () => RamPeaks): Promise<Reached> {
	const outcome = new Outcome([deviceName]);
	let started: RamPeaks | undefined;
	return new Promise((resolve, reject) => {
		const done = (failure?: string) => {
			clearTimeout(late);
			resolve({ started, failure });
		};
		const late = setTimeout(() => done(outcome.reason()), LONGEST);
		const check = () => {
			if (outcome.done) setTimeout(done, SETTLED);
		};
		cloud.events.on((event) => {
			if (event.type !== "message.up" || !event.topic.endsWith("/thing/event/property/post")) return;
			outcome.reported(event.deviceName);
			check();
		});
		chip.on("line", (line) => {
			if (chip.events.some(({ event }) => event === "boot")) started ??= now();
			outcome.console(deviceName, line);
			check();
		});
		chip.on("event", (event) => {
			if (event.event === "reset") done(`${event.reason}: ${event.message}`);
		});
		chip.ended.then(({ reason }) => done(reason), reject);
	});
}

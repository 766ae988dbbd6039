// Sizes and bytes that are kept in the repository (sizes.json), so that growth has to be explained. Never times: they
// move with the machine.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { Broker } from "./broker";
import { makeCertificates } from "./certificate";
import { compile } from "./compile";
import { code } from "./measure/code";
import { memory } from "./measure/memory";
import { reference } from "./measure/reference";
import { vaultMemory } from "./measure/vault";
import { wire } from "./measure/wire";
import { Results } from "./results";
import { device } from "./simulated-device";

const root = new URL("../..", import.meta.url).pathname;
export const sizesFile = new URL("sizes.json", import.meta.url).pathname;

/** More than this, and it is growth. */
export const tolerance = 0.02;

export interface Sizes {
	/** When they were accepted: YYYY-MM-DD. */
	readonly date: string;
	/** What made them: a newer compiler is an explanation, too. */
	readonly toolchain: Readonly<Record<string, string>>;
	/** Bytes by row. */
	readonly bytes: Readonly<Record<string, number>>;
}

export interface Growth {
	readonly row: string;
	readonly from: number;
	readonly to: number;
}

/** Rows that have grown past the tolerance. A row that only one side has is no growth: the totals tell. */
export function growth(from: Sizes["bytes"], to: Sizes["bytes"]): Growth[] {
	return Object.entries(to).flatMap(([row, now]) => {
		const before = from[row];
		return before !== undefined && now > before * (1 + tolerance) ? [{ row, from: before, to: now }] : [];
	});
}

/** Rows of `from` that `to` lacks: they were renamed, or are no longer measured. */
export const lost = (from: Sizes["bytes"], to: Sizes["bytes"]): string[] =>
	Object.keys(from).filter((row) => to[row] === undefined && !row.startsWith("code/"));

export function readSizes(): Sizes {
	return JSON.parse(readFileSync(sizesFile, "utf8")) as Sizes;
}

/** Our own rows in bytes. */
export function bytesOf(results: Results): Record<string, number> {
	const rows = results.json().filter((row) => row.unit === "bytes" && row.value !== null);
	return Object.fromEntries(rows.map((row) => [row.name, row.value ?? 0]));
}

function packageVersion(name: string): string {
	const { version } = JSON.parse(readFileSync(`${root}node_modules/${name}/package.json`, "utf8")) as {
		version: string;
	};
	return version;
}

/** What makes the figures. */
export const toolchain = (): Record<string, string> => ({
	gcc: execFileSync("gcc", ["-dumpfullversion"], { encoding: "utf8" }).trim(),
	typescript: packageVersion("typescript"),
	"@agoric/xsnap": packageVersion("@agoric/xsnap"),
});

/** Keep these as what is accepted from now on. The same as before leave the file, and its date, alone. */
export function acceptSizes(bytes: Sizes["bytes"]): void {
	if (existsSync(sizesFile) && JSON.stringify(readSizes().bytes) === JSON.stringify(bytes)) return;
	const sizes: Sizes = {
		date: new Date().toISOString().slice(0, 10),
		toolchain: toolchain(),
		bytes,
	};
	writeFileSync(sizesFile, `${JSON.stringify(sizes, null, "\t")}\n`);
}

/**
 * Measure them: the 32-bit device alone, without the anchors. Some seconds.
 *
 * @throws {Error} naming what could not be measured
 */
export async function measureSizes(): Promise<Record<string, number>> {
	const made = `${root}build/bench`;
	const certificates = makeCertificates(`${made}/certificates`);
	const folder = mkdtempSync(`${tmpdir()}/linkxs-sizes-`);
	const broker = await Broker.start(certificates, []);
	try {
		const small = await device("m32", certificates.ca, folder, "--instrument");
		const results = new Results();
		const stopwatch = compile("stopwatch", made);
		const bench = {
			broker,
			clients: [small],
			small,
			results,
			folder,
			stopwatch,
			quiet: { first: [], oneCore: [] },
			progress: () => {},
		};
		for (const measurement of [wire, memory, reference, vaultMemory, code]) await measurement.run(bench);
		return bytesOf(results);
	} finally {
		await broker.stop();
		rmSync(folder, { recursive: true, force: true });
	}
}

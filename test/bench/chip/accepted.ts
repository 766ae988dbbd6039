// Sizes and instructions of the chip that are kept in the repository (chip.json), so that growth has to be explained.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { connectionFigures, type Figures, referenceFigures, sizeFigures } from "./measure";

export const acceptedFile = new URL("chip.json", import.meta.url).pathname;

/**
 * What instructions may grow by: computation is the same each time, but when packets come, and whether two come as one, is the
 * other computer's affair. Sizes may not grow at all.
 */
const instructionTolerance = 0.02;
/** Memory depends on what was received when; see above. */
const memoryTolerance = 0.02;

export interface Accepted {
	/** YYYY-MM-DD. */
	readonly date: string;
	readonly toolchain: Readonly<Record<string, string>>;
	readonly figures: Figures;
}

export interface Growth {
	readonly row: string;
	readonly from: number;
	readonly to: number;
}

const tolerance = (row: string): number => {
	if (row.startsWith("chip/instructions/")) return instructionTolerance;
	return row.startsWith("chip/ram") ? memoryTolerance : 0;
};

/** Rows that have grown by more than they may. One that nobody has accepted yet has, too. */
export function growth(from: Figures, to: Figures): Growth[] {
	return Object.entries(to).flatMap(([row, now]) => {
		const before = from[row] ?? 0;
		return now > before * (1 + tolerance(row)) ? [{ row, from: before, to: now }] : [];
	});
}

/** Rows that are accepted but no longer measured. */
export const lost = (from: Figures, to: Figures): string[] => Object.keys(from).filter((row) => to[row] === undefined);

/** The lower figure of each row: what disturbs a measurement only adds to it. */
export function lowest(one: Figures, other: Figures): Figures {
	return Object.fromEntries(
		Object.entries({ ...one, ...other }).map(([row, value]) => [row, Math.min(value, one[row] ?? value)]),
	);
}

export const readAccepted = (): Accepted => JSON.parse(readFileSync(acceptedFile, "utf8")) as Accepted;

/** Measure all that is kept. */
export async function measureChip(): Promise<Figures> {
	const folder = mkdtempSync(`${tmpdir()}/linkxs-chip-`);
	try {
		return {
			...(await sizeFigures(folder)),
			...(await referenceFigures(folder)),
			...(await connectionFigures(folder, () => {})),
		};
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** What makes the figures. */
const toolchain = (): Record<string, string> => ({
	"riscv64-unknown-elf-gcc": execFileSync("riscv64-unknown-elf-gcc", ["-dumpfullversion"], { encoding: "utf8" }).trim(),
});

/**
 * Measure and keep. Instructions that are about the same stay as they were, so that a commit shows what has changed.
 *
 * @returns what has changed: a line each
 */
export async function acceptChip(): Promise<string[]> {
	const before: Figures = existsSync(acceptedFile) ? readAccepted().figures : {};
	const measured = lowest(await measureChip(), await measureChip());
	const figures = Object.fromEntries(
		Object.entries(measured).map(([row, now]) => {
			const old = before[row];
			const isSame = old !== undefined && Math.abs(now - old) <= old * (tolerance(row) / 4);
			return [row, isSame ? old : now];
		}),
	);
	if (JSON.stringify(figures) === JSON.stringify(before)) return [];
	const accepted: Accepted = { date: new Date().toISOString().slice(0, 10), toolchain: toolchain(), figures };
	writeFileSync(acceptedFile, `${JSON.stringify(accepted, null, "\t")}\n`);
	return Object.entries(figures).flatMap(([row, now]) =>
		before[row] === now ? [] : [`${row}: ${before[row] ?? "new"} → ${now}`],
	);
}

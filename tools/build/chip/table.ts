import type { Row } from "./flash-report";

/** A kind of memory: what there is, who has it. */
export interface Memory {
	/** What it is called on the board: `ota_0`, `RAM`. */
	readonly name: string;
	readonly size: number;
	readonly rows: readonly Row[];
	readonly used: number;
	/** Below zero: so much is missing. */
	readonly left: number;
}

/** With commas between thousands. */
export function count(value: number): string {
	return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** The largest owners, for an error's one line. */
export function largest(rows: readonly Row[]): string {
	const sorted = [...rows].sort((a, b) => b.bytes - a.bytes).slice(0, 5);
	return sorted.map(({ owner, bytes }) => `${owner.replace(/^byte code: /, "")} ${count(bytes)}`).join(", ");
}

/** Lines for a terminal. */
export function tableOf(title: string, { size, rows, used, left }: Memory, rest: string): string[] {
	const all = [
		...rows.map(({ owner, bytes }) => [`  ${owner}`, bytes] as const),
		["all of it", used] as const,
		[`${rest}, of ${count(size)}`, left] as const,
	];
	const width = Math.max(title.length, ...all.map(([owner]) => owner.length));
	const digits = Math.max(5, ...all.map(([, bytes]) => count(bytes).length));
	const line = (owner: string, bytes: string, share: string) =>
		`${owner.padEnd(width)}  ${bytes.padStart(digits)}  ${share.padStart(6)}`;
	return [
		line(title, "bytes", "share"),
		...all.map(([owner, bytes]) => line(owner, count(bytes), `${((100 * bytes) / size).toFixed(1)}%`)),
	];
}

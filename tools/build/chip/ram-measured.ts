import type { Row } from "./flash-report";
import type { RamPeaks } from "./ram-peaks";
import { count, largest, type Memory, tableOf } from "./table";

/** A row of what was measured. What is `inside` of the one before doesn't count by itself: its peak was at a time of its own. */
export interface MeasuredRow extends Row {
	readonly inside?: true;
}

/** A board's RAM at the worst moment of a run: the rows that aren't inside of another one, and `left`, add up to it. */
export interface MeasuredRam extends Omit<Memory, "rows"> {
	readonly rows: readonly MeasuredRow[];
	/** What has to be left of the C heap. */
	readonly reserve: number;
}

/** For what the run hasn't done: a second connection's socket, an update, an answer that is longer. */
export const RESERVE = 8 * 1024;

/**
 * Puts what was measured in the place of what is only set aside.
 *
 * @param planned the RAM's rows before anything runs (ram-report.ts)
 * @param started what XS had when the program's first line ran
 */
export function measuredRam(planned: Memory, it: RamPeaks, started: RamPeaks): MeasuredRam {
	const given = (owner: string) => planned.rows.find((row) => row.owner === owner)?.bytes ?? 0;
	const arena = given("XS slots and chunks");
	const inside = (owner: string, bytes: number): MeasuredRow => ({ owner, bytes, inside: true });
	const variables = planned.rows.flatMap((row) => {
		if (!/^(variables|retained)/.test(row.owner)) return [];
		if (row.owner !== "variables: TCP/IP (lwIP)") return [row];
		return [
			{ owner: "TCP/IP (lwIP): packets and connections", bytes: it.net },
			{ owner: row.owner, bytes: row.bytes - it.netHeap },
		];
	});
	const unused =
		given("C stack") -
		it.cStack +
		(given("JavaScript stack") - it.jsStack) +
		(it.netHeap - it.net) +
		(arena - it.slots.most - it.chunks.most);
	const rows: MeasuredRow[] = [
		{ owner: "C stack, as deep as it went", bytes: it.cStack },
		{ owner: "JavaScript stack, as deep as it went", bytes: it.jsStack },
		{ owner: "XS slots", bytes: it.slots.most },
		inside("after the start", started.slots.now),
		{ owner: "XS chunks", bytes: it.chunks.most },
		inside("after the start", started.chunks.now),
		...variables,
		{ owner: "C heap", bytes: it.heap },
		inside("XS's own tables", it.xs),
		inside("TLS, set up", it.tls.setUp),
		inside("TLS, in its handshake", it.tls.most),
		inside("TLS, connected", it.tls.now),
		inside("sockets and other native objects", it.native),
		{ owner: "set aside for stacks, XS and lwIP, and not used", bytes: unused },
	];
	const used = rows.reduce((sum, { bytes, inside }) => sum + (inside ? 0 : bytes), 0);
	return { name: "RAM", size: planned.size, rows, used, left: planned.size - used, reserve: RESERVE };
}

export const largestOf = ({ rows }: MeasuredRam): string => largest(rows.filter(({ inside }) => !inside));

export function measuredText(it: MeasuredRam): string[] {
	const rows = it.rows.map(({ owner, bytes, inside }) => ({ owner: inside ? `  ${owner}` : owner, bytes }));
	const rest = `left of the C heap at the worst moment (${count(it.reserve)} have to be)`;
	return tableOf("RAM in a run: the most that each had", { ...it, rows }, rest);
}

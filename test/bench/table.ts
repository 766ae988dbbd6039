// The one table that `npm run bench` prints.
import { ours, type Results } from "./results";
import type { Row } from "./row";

/** Three significant digits below 100, whole numbers with separators above. */
export function figure(value: number | undefined): string {
	if (value === undefined) return "–";
	if (Number.isInteger(value) || value >= 100) return Math.round(value).toLocaleString("en-US");
	return String(Number(value.toPrecision(3)));
}

function verdict(row: Row, value: number | undefined): "" | "met" | "MISSED" {
	if (row.aim === null || value === undefined) return "";
	const met = row.better === "lower" ? value <= row.aim : value >= row.aim;
	return met ? "met" : "MISSED";
}

/** Why aims were missed, as far as it's known, and what the measurements had to say. */
function notes(results: Results): string[] {
	const missed = results.groups().flatMap(({ rows }) =>
		rows.flatMap((row) => {
			const why = verdict(row, results.get(row.name, ours)) === "MISSED" ? row.missed : undefined;
			return why === undefined ? [] : [`${row.name}: ${why}`];
		}),
	);
	return [...missed, ...results.notes].map((text) => `note: ${text}`);
}

const aim = (row: Row): string => (row.aim === null ? "" : `${row.better === "lower" ? "≤" : "≥"} ${figure(row.aim)}`);

/** The results as lines of text: label, unit, aim, figure, whether it is met, then a column for each anchor. */
export function table(results: Results, anchors: readonly string[]): string {
	const lines: string[][] = [];
	const titles = new Map<number, string>();
	for (const { title, rows } of results.groups()) {
		titles.set(lines.length, title);
		for (const row of rows) {
			const value = results.get(row.name, ours);
			lines.push([
				...[row.label, row.unit, aim(row), figure(value), verdict(row, value)],
				...anchors.map((anchor) => figure(results.get(row.name, anchor))),
			]);
		}
	}
	const head = ["", "unit", "aim", ours, "", ...anchors];
	const widths = head.map((text, at) => Math.max(text.length, ...lines.map((line) => (line[at] ?? "").length)));
	const left = new Set([0, 1, 4]);
	const show = (line: readonly string[]) =>
		line
			.map((text, at) => (left.has(at) ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0)))
			.join("  ")
			.trimEnd();
	return [
		show(head),
		...lines.flatMap((line, at) => [...(titles.has(at) ? ["", titles.get(at) ?? ""] : []), show(line)]),
		"",
		...notes(results),
		"",
	].join("\n");
}

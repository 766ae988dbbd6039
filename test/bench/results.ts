// What the bench has measured so far: one figure for each row and client.
import type { Row } from "./row";
import { capabilityRow, fixedRows, groups } from "./rows";

/** The column that aims are for. */
export const ours = "linkxs";

/** One row as `--json` writes it. */
export interface JsonRow {
	readonly name: string;
	readonly unit: string;
	/** `null` when only anchors have this figure. */
	readonly value: number | null;
	readonly aim: number | null;
	readonly better: "lower" | "higher";
	readonly anchors: Readonly<Record<string, number>>;
}

export class Results {
	readonly #figures = new Map<string, Map<string, number>>();
	readonly #capabilities = new Map<string, Row>();
	readonly notes: string[] = [];
	readonly failures: string[] = [];

	/** @throws {RangeError} for a row that doesn't exist: names are promised to stay */
	set(name: string, client: string, value: number): void {
		if (!fixedRows.some((row) => row.name === name) && !this.#capabilities.has(name))
			throw new RangeError(`no row ${name}`);
		if (!Number.isFinite(value)) throw new RangeError(`${name} of ${client} is no number`);
		const figures = this.#figures.get(name) ?? new Map<string, number>();
		figures.set(client, value);
		this.#figures.set(name, figures);
	}

	/** The byte code of one capability of the firmware. */
	setCapability(capability: string, bytes: number): void {
		const row = capabilityRow(capability);
		this.#capabilities.set(row.name, row);
		this.set(row.name, ours, bytes);
	}

	get(name: string, client: string): number | undefined {
		return this.#figures.get(name)?.get(client);
	}

	/** @param only show rows alone whose name has this in it */
	constructor(private readonly only = "") {}

	/** Rows that have a figure, in the table's order, under their group's title. */
	groups(): { title: string; rows: Row[] }[] {
		return groups
			.map(({ title, rows }) => {
				const own = title.startsWith("Byte code") ? [...this.#capabilities.values()] : [];
				const [first, ...rest] = rows;
				const all = first ? [first, ...own, ...rest] : own;
				return { title, rows: all.filter(({ name }) => this.#figures.has(name) && name.includes(this.only)) };
			})
			.filter(({ rows }) => rows.length > 0);
	}

	json(): JsonRow[] {
		return this.groups().flatMap(({ rows }) =>
			rows.map(({ name, unit, aim, better }) => {
				const figures = new Map(this.#figures.get(name));
				const value = figures.get(ours) ?? null;
				figures.delete(ours);
				return { name, unit, value, aim, better, anchors: Object.fromEntries(figures) };
			}),
		);
	}
}

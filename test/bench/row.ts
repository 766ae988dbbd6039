// What a row of the bench is.

export type Unit = "bytes" | "instructions" | "calls" | "round trips/s" | "bytes/s" | "ms" | "×";

export interface Row {
	/** Stays the same from release to release. */
	readonly name: string;
	readonly label: string;
	readonly unit: Unit;
	readonly better: "lower" | "higher";
	/** `null`: a part of another row, or a figure that nobody has set an aim for. */
	readonly aim: number | null;
	/** Why the aim is missed, where it is; shown only then. */
	readonly missed?: string;
}

export interface Group {
	readonly title: string;
	readonly rows: readonly Row[];
}

/** A row of which less is better. */
export const lower = (name: string, label: string, unit: Unit, aim: number | null, missed?: string): Row => ({
	...{ name, label, unit, better: "lower", aim },
	...(missed === undefined ? {} : { missed }),
});
/** A row of which more is better. */
export const higher = (name: string, label: string, unit: Unit, aim: number | null): Row => ({
	...{ name, label, unit, better: "higher", aim },
});

// The compact live view of `npm start`: a line an event, the cloud's and each device's side apart by name and colour.

export type Side = "cloud" | "start" | `device:${string}`;

export interface ViewOptions {
	/** JSON lines instead of text. */
	readonly json: boolean;
	readonly out: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
	/** Milliseconds, for the time column. */
	readonly now: () => number;
}

const colours = ["\u001b[36m", "\u001b[33m", "\u001b[35m", "\u001b[32m", "\u001b[34m"] as const;
const reset = "\u001b[0m";

export class View {
	readonly #options: ViewOptions;
	readonly #start: number;
	readonly #sides: Side[] = [];

	constructor(options: ViewOptions) {
		this.#options = options;
		this.#start = options.now();
	}

	/** One line of `side`; `data` is only in the JSON form. */
	line(side: Side, text: string, data?: Readonly<Record<string, unknown>>): void {
		const { json, out, now } = this.#options;
		const milliseconds = Math.round(now() - this.#start);
		if (json) {
			out.write(`${JSON.stringify({ ms: milliseconds, side, text, ...data })}\n`);
			return;
		}
		if (!this.#sides.includes(side)) this.#sides.push(side);
		const name = side.startsWith("device:") ? side.slice(7) : side;
		const column = `${(milliseconds / 1000).toFixed(3).padStart(8)}  ${name.padEnd(10)}`;
		const colour = out.isTTY ? (colours[this.#sides.indexOf(side) % colours.length] ?? "") : "";
		// One line an event on a terminal; a file gets all of it.
		const width = out.isTTY ? (out.columns ?? 80) - column.length - 1 : Number.POSITIVE_INFINITY;
		const shown = text.length > width ? `${text.slice(0, Math.max(width - 1, 10))}…` : text;
		out.write(colour ? `${colour}${column}${reset} ${shown}\n` : `${column} ${shown}\n`);
	}
}

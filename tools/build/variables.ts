import { join } from "node:path";

/** A manifest's `$(NAME)`: build variables of all manifests read so far, else the environment's. */
export class Variables {
	readonly #values = new Map<string, string>();

	constructor(values: Readonly<Record<string, string>> = {}) {
		for (const [name, value] of Object.entries(values)) this.#values.set(name, value);
	}

	set(name: string, value: string): void {
		this.#values.set(name, value);
	}

	/**
	 * One entry of `build`. "NAME ?=" gives way to the environment and to what is already set; a value that begins with
	 * "./" is a path beside the manifest.
	 */
	define(name: string, value: string, folder: string, refuse: (message: string) => Error): void {
		const optional = name.endsWith(" ?=");
		const plain = optional ? name.slice(0, -3).trimEnd() : name;
		if (optional && (this.#values.has(plain) || process.env[plain] !== undefined)) return;
		const expanded = this.expand(value, refuse);
		this.#values.set(plain, expanded === "." || expanded.startsWith("./") ? join(folder, expanded) : expanded);
	}

	/** @throws what `refuse` makes, when a variable has no value. */
	expand(text: string, refuse: (message: string) => Error): string {
		return text.replace(/\$\(([^)]+)\)/g, (_, name: string) => {
			const value = this.#values.get(name) ?? process.env[name];
			if (value === undefined) throw refuse(`$(${name}) is not set`);
			return value;
		});
	}
}

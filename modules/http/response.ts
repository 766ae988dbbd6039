/** The head of an answer: its status, and those of its header fields that the request wanted. */
export class Response {
	/** 200 to 999, as it came: redirects aren't followed, see `header("location")`. */
	readonly status: number;
	readonly version: "1.0" | "1.1";
	/** Content-Length; undefined when only the body's end will tell. */
	readonly length: number | undefined;
	#wanted: readonly string[];
	#values: readonly (string | undefined)[];

	constructor(
		status: number,
		version: "1.0" | "1.1",
		length: number | undefined,
		wanted: readonly string[],
		values: readonly (string | undefined)[],
	) {
		this.status = status;
		this.version = version;
		this.length = length;
		this.#wanted = wanted;
		this.#values = values;
	}

	/**
	 * The value of a wanted field, without white space around; several lines of one name are joined by ", ". Bytes beyond
	 * ASCII are taken for Latin-1.
	 *
	 * @throws {RangeError} for a name that wasn't wanted.
	 */
	header(name: string): string | undefined {
		const index = this.#wanted.indexOf(name.toLowerCase());
		if (index < 0) throw new RangeError(`${name}: not wanted`);
		return this.#values[index];
	}
}

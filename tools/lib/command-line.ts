// What several commands have in common.
import { InvalidArgumentError } from "commander";

/** A line that overwrites itself on a terminal; nothing in a pipe. Called without text it clears the line. */
export function progress(quiet: boolean): (text?: string) => void {
	if (quiet || !process.stderr.isTTY) return () => {};
	return (text = "") => process.stderr.write(`\r\x1b[K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`);
}

/** The value of `--port`. @throws {InvalidArgumentError} */
export function port(value: string): number {
	const number = Number(value);
	if (!Number.isInteger(number) || number < 1 || number > 65_535) throw new InvalidArgumentError("1 to 65535.");
	return number;
}

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

/** The value of `--serial`: a simulated device's second UART. @throws {InvalidArgumentError} */
export function serialLine(value: string): string {
	const [, number] = /^tcp:(\d{1,5})$/.exec(value) ?? [];
	if (value !== "pty" && !(Number(number) <= 65_535))
		throw new InvalidArgumentError("pty, or tcp:PORT (0: a free one).");
	return value;
}

/** A parser of whole numbers in decimal. @throws {InvalidArgumentError} */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (value: string) => number {
	return (value) => {
		const number = Number(value);
		if (/^\d{1,16}$/.test(value) && number >= least && number <= most) return number;
		const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `${least} to ${most}`;
		throw new InvalidArgumentError(`A whole number, ${range}.`);
	};
}

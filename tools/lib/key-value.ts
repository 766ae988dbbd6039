import { spawn } from "node:child_process";
import { ROOT, simulatorPath } from "../build/places";

/** A text record of a device's key-value storage. */
export interface TextRecord {
	/** The domain, `path` of ECMA-419's open(). */
	readonly path: string;
	readonly key: string;
	readonly value: string;
}

export class KeyValueError extends Error {
	override readonly name = "KeyValueError";
}

/**
 * Stores records in a flash file by the device's own C (`linkxs-sim flash kv-set`); several are not one transaction.
 * They go through a pipe, since arguments can be seen by everybody on the machine. The device must not run.
 *
 * @throws {KeyValueError} with the reason, never a value.
 */
export async function writeRecords(flash: string, records: readonly TextRecord[]): Promise<void> {
	const lines = records.map(
		({ path, key, value }) => `${path} ${key} string ${Buffer.from(value).toString("base64")}\n`,
	);
	await command("kv-set", flash, lines.join(""));
}

/** Reads text records; those that aren't there are left out. @throws {KeyValueError} */
export async function readRecords(flash: string, path: string, keys: readonly string[]): Promise<Map<string, string>> {
	const text = await command("kv-get", flash, keys.map((key) => `${path} ${key}\n`).join(""));
	const records = new Map<string, string>();
	for (const line of text.split("\n")) {
		const [, key, , value] = line.split(" ");
		if (key !== undefined && value !== undefined) records.set(key, Buffer.from(value, "base64").toString());
	}
	return records;
}

function command(name: string, flash: string, input: string): Promise<string> {
	return new Promise((resolve, reject) => {
		const child = spawn(simulatorPath("debug"), ["flash", name, flash], { cwd: ROOT, stdio: "pipe" });
		let out = "";
		let errors = "";
		child.stdout.on("data", (data: Buffer) => {
			out += data.toString();
		});
		child.stderr.on("data", (data: Buffer) => {
			errors += data.toString();
		});
		child.on("error", (cause) => reject(new KeyValueError("linkxs-sim can't be run; is it built?", { cause })));
		child.on("close", (code) => {
			if (code === 0) resolve(out);
			else reject(new KeyValueError(errors.trim().split("\n").at(-1) ?? `linkxs-sim flash ${name}: exit code ${code}`));
		});
		// A child that ended early says why by its exit code: a broken pipe adds nothing to that.
		child.stdin.on("error", () => {});
		child.stdin.end(input);
	});
}

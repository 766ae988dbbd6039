import { delimiter, join } from "node:path";
import { ROOT } from "../build/places";
import type { Board } from "../lib/boards";

export interface FlashOptions {
	readonly board: Board;
	/** The serial port; ESP-IDF looks for one itself without it. */
	readonly port?: string;
	/** With the debugger: xsbug is started and attached, as the SDK's default goal does. */
	readonly debug?: boolean;
	/** Build, and write nothing to a board. */
	readonly build?: boolean;
}

/** What is run in the repository's root, one after the other, with what is added to the environment. */
export interface Plan {
	readonly commands: readonly (readonly string[])[];
	readonly env: Readonly<Record<string, string>>;
}

/**
 * The SDK's own commands for a board.
 *
 * @throws {Error} when the environment has no SDK, or the board is none that is flashed.
 */
export function plan({ board, port, debug, build }: FlashOptions, environment: NodeJS.ProcessEnv): Plan {
	if (board.kind === "sim") throw new Error(`${board.name} is simulated: npx linkxs sim boots it`);
	if (board.kind === "chip") throw new Error(`${board.name} is emulated: npx linkxs start --on chip boots it`);
	const home = environment["MODDABLE"];
	if (!home) throw new Error(`MODDABLE is not set: npx linkxs doctor --board ${board.name} tells how to get the SDK`);
	const isEsp = board.kind === "esp32";
	if (isEsp && !environment["IDF_PATH"])
		throw new Error(`IDF_PATH is not set: npx linkxs doctor --board ${board.name} tells how to get ESP-IDF`);
	if (!isEsp && port) throw new Error(`${board.name} has no serial port`);
	// Our own TypeScript first: mcconfig takes the tsc on the PATH, and 5.9 refuses its target.
	const path = [join(ROOT, "node_modules/.bin"), join(home, "build/bin/lin/release"), environment["PATH"] ?? ""];
	const env = { PATH: path.join(delimiter), ...(port && { UPLOAD_PORT: port }) };
	const mcconfig = (...more: string[]) => ["mcconfig", ...(debug ? ["-d"] : []), "-m", "-p", board.platform, ...more];
	if (build || !isEsp) return { commands: [mcconfig("-t", "build")], env };
	// The default goal starts what shows the device's output and doesn't end; with the debugger that is what is wanted.
	return { commands: debug ? [mcconfig()] : [mcconfig("-t", "build"), mcconfig("-t", "deploy")], env };
}

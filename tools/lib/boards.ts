import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What builds for a board: our own host, the Moddable simulator, ESP-IDF beneath the SDK. */
export type BoardKind = "sim" | "lin" | "esp32";

export interface Board {
	readonly name: string;
	readonly kind: BoardKind;
	/** What mcconfig's -p takes, run in the repository's root. */
	readonly platform: string;
	/** ESP-IDF's name of the chip. */
	readonly chip: string | undefined;
}

const folder = fileURLToPath(new URL("../../boards", import.meta.url));

/** The names of boards/. */
export function boardNames(): string[] {
	return readdirSync(folder, { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map(({ name }) => name)
		.sort();
}

function readBoard(name: string): Board | undefined {
	const path = join(folder, name, "manifest.json");
	if (!/^[\w-]+$/.test(name) || !existsSync(path)) return undefined;
	const { build = {} } = JSON.parse(readFileSync(path, "utf8")) as { build?: Record<string, string> };
	const chip = build["ESP32_SUBCLASS"];
	if (chip === undefined) return { name, kind: "sim", platform: "sim", chip: undefined };
	return { name, kind: "esp32", platform: `esp32:./boards/${name}`, chip };
}

/** A board that the SDK knows itself: `esp32/NAME`; its chip is told by the name where Moddable names it so. */
function sdkBoard(name: string): Board | undefined {
	const target = /^esp32\/([\w-]+)$/.exec(name)?.[1];
	if (target === undefined) return undefined;
	return { name, kind: "esp32", platform: name, chip: /^esp32[a-z]\d/.exec(target)?.[0] };
}

/**
 * A board by its name: a folder of boards/, the same without `-devkit`, `lin` (the Moddable simulator), or one of the SDK's
 * own as `esp32/NAME`.
 *
 * @throws {Error} naming the boards that there are.
 */
export function findBoard(name: string): Board {
	if (name === "lin") return { name, kind: "lin", platform: "lin", chip: undefined };
	const board = readBoard(name) ?? readBoard(`${name}-devkit`) ?? sdkBoard(name);
	if (board) return board;
	throw new Error(`no board ${name}: there are ${boardNames().join(", ")}, lin, and the SDK's own as esp32/NAME`);
}

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** What builds for a board: our own hosts (simulator, emulated chip), the Moddable simulator, ESP-IDF beneath the SDK. */
export type BoardKind = "sim" | "chip" | "lin" | "esp32";

export interface Board {
	readonly name: string;
	readonly kind: BoardKind;
	/** What mcconfig's -p takes, run in the repository's root. */
	readonly platform: string;
	/** ESP-IDF's name of the chip. */
	readonly chip: string | undefined;
}

const folder = fileURLToPath(new URL("../../boards", import.meta.url));

/** The folder of a board: its name in boards/, or a path to one elsewhere. */
export function boardFolder(board: string): string {
	return /[/\\]/.test(board) ? resolve(board) : join(folder, board);
}

/** The names of boards/. */
export function boardNames(): string[] {
	return readdirSync(folder, { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map(({ name }) => name)
		.sort();
}

/** The `build` of a board's manifest. HOST is which host of ours it is for: `chip`, or else the simulator. */
export function boardVariables(board: string): Readonly<Record<string, string>> {
	const text = readFileSync(join(boardFolder(board), "manifest.json"), "utf8");
	return (JSON.parse(text) as { build?: Record<string, string> }).build ?? {};
}

function readBoard(name: string): Board | undefined {
	if (!/^[\w-]+$/.test(name) || !existsSync(join(folder, name, "manifest.json"))) return undefined;
	const build = boardVariables(name);
	const chip = build["ESP32_SUBCLASS"];
	const host = build["HOST"] === "chip" ? "chip" : "sim";
	if (chip === undefined) return { name, kind: host, platform: host, chip: undefined };
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

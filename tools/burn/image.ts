// `linkxs burn image`: a firmware into a slot, over a line or into the flash file of a device that doesn't run.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { ROOT, shownPath } from "../build/places";
import { progress, wholeNumber } from "../lib/command-line";
import { readImageHeader } from "../lib/image-header";
import { burnFlash } from "./image-flash";
import { burnLine } from "./image-line";
import { misused } from "./target";

export interface BurnImageOptions {
	readonly slot: number | undefined;
	/** An image for a board, by default the one that was built for it; what it is was checked. */
	readonly imageFor: (board: string) => Buffer;
	readonly say: (text?: string) => void;
}

/** What was done: the fields of `--json`. */
export interface BurnedImage {
	readonly board: string;
	readonly version: string;
	readonly slot: string;
	readonly bytes: number;
	/** Of these, bytes that had to be sent: the others were there. */
	readonly sent: number;
	readonly seconds: number;
	readonly started: boolean;
}

interface Options {
	port?: string;
	flash?: string;
	slot?: number;
	baud?: number;
	wait: number;
	start: boolean;
	json?: boolean;
}

function slot(text: string): number {
	const number = Number(/^(?:ota_)?(\d{1,2})$/.exec(text)?.[1] ?? Number.NaN);
	if (!(number < 16)) throw new InvalidArgumentError("ota_0 to ota_15.");
	return number;
}

/** Adds the command to `linkxs burn`. */
export function registerImage(burn: Command): void {
	burn
		.command("image")
		.description("burn a firmware image into a slot, and start it (hal/BURN.md)")
		.argument("[image]", "the image (default: the one that was built for the board on the line)")
		.option("--port <line>", "where the board listens: a serial device, a pty's path, or tcp:HOST:PORT")
		.option("--flash <file>", "instead: the flash file of a device that doesn't run")
		.option("--slot <name>", "where it goes (default: a slot that doesn't start now)", slot)
		.option("--baud <rate>", "of a serial device (default 115200)", wholeNumber(300, 5_000_000))
		.option("--wait <seconds>", "how long to wait for a board that has to be reset by hand", wholeNumber(0, 3600), 10)
		.option("--no-start", "leave the board in its boot loader")
		.option("--json", "answer with JSON")
		.action(async (image: string | undefined, options: Options, command: Command) => {
			const { port, flash, json } = options;
			if ((port === undefined) === (flash === undefined)) misused(command, "--port or --flash is needed, one of them");
			if (flash !== undefined && !existsSync(flash)) throw new Error(`${flash}: no such flash file`);
			const say = progress(json === true);
			// Read at once: a wrong file is told before anybody looks for a board.
			const given = image === undefined ? undefined : checked(image);
			const how: BurnImageOptions = {
				...{ slot: options.slot, say },
				imageFor: (board) => given ?? checked(builtImage(board)),
			};
			let done: BurnedImage;
			try {
				done = flash === undefined ? await burnLine(port ?? "", { ...how, ...options }) : burnFlash(flash, how);
			} finally {
				say();
			}
			process.stdout.write(json ? `${JSON.stringify({ ...(port ? { port } : { flash }), ...done })}\n` : told(done));
		});
}

function told({ board, version, slot, bytes, sent, seconds, started }: BurnedImage): string {
	const kept = sent < bytes ? `, of which ${bytes - sent} were there already` : "";
	return `burned ${board} ${version} into ${slot}: ${bytes} bytes${kept}, ${seconds.toFixed(1)} s${started ? "; it starts" : ""}\n`;
}

function checked(path: string): Buffer {
	if (!existsSync(path)) throw new Error(`${shownPath(path)}: no such image`);
	const image = readFileSync(path);
	readImageHeader(image, shownPath(path));
	return image;
}

/** Where `linkxs build` puts the reference firmware for a board. */
function builtImage(board: string): string {
	const paths = ["chip", "sim"].map((platform) => join(ROOT, "build", "images", platform, board, "main.image"));
	const found = paths.find((path) => existsSync(path));
	if (found) return found;
	if (board === "") throw new Error("the board doesn't say what it is: name an image");
	throw new Error(`there is no image for ${board} yet: npx linkxs build --board ${board} makes it, or name one`);
}

// An image into the board at the other end of a line: find its boot loader, burn, start.
import { BOARD_ROW_SIZE, boardRow } from "../lib/board-row";
import { ConsoleClient } from "../lib/console/client";
import { ConsoleError } from "../lib/console/error";
import { type Line, openLine } from "../lib/console/line";
import { readBoardFlash } from "../lib/flash-image";
import { readImageHeader } from "../lib/image-header";
import { type Loader, LoaderClient } from "../lib/loader/client";
import { LoaderError } from "../lib/loader/error";
import { partitionTable } from "../lib/partitions";
import type { BurnedImage, BurnImageOptions } from "./image";

/** How long a loader that listens may take to answer, ms: it may be busy with its first look at the flash. */
const LISTENS = 700;
/** From a restart to the loader's first answer, ms. */
const RESTARTS = 15_000;

export interface LineOptions extends BurnImageOptions {
	readonly baud?: number;
	/** Seconds. */
	readonly wait: number;
	readonly start: boolean;
}

/** @throws {LoaderError | ConsoleError} */
export async function burnLine(port: string, options: LineOptions): Promise<BurnedImage> {
	const { say, imageFor, slot } = options;
	const line = await openLine(port, options.baud);
	const client = new LoaderClient(line);
	try {
		const loader = await findLoader(line, client, options);
		const image = imageFor(loader.board);
		const { board, version } = readImageHeader(image, "the image");
		check(loader, board, image.length, slot);
		if (!loader.hasTable) await giveTable(client, board, port, say);
		const begun = performance.now();
		const seconds = () => (performance.now() - begun) / 1000;
		let first: number | undefined;
		const burned = await client.burn(image, slot, (done, total, name) => {
			first ??= done;
			say(`${port}: ${name}: ${pace(done, total, done - first, seconds())}`);
		});
		const took = seconds();
		if (options.start) await client.boot();
		return { board, version, ...burned, bytes: image.length, seconds: took, started: options.start };
	} finally {
		client.close();
	}
}

/** Told before anything is written, in the user's terms. */
function check(loader: Loader, board: string, size: number, slot: number | undefined): void {
	if (loader.board && loader.board !== board)
		throw new LoaderError("wrong-board", `the image is for ${board}, the board on the line is ${loader.board}`);
	const rooms = loader.slots.filter((it) => slot === undefined || it.slot === `ota_${slot}`);
	if (loader.hasTable && rooms.length === 0) {
		const all = loader.slots.map((it) => it.slot).join(", ");
		throw new LoaderError("no-slot", `the board has no slot ota_${slot}; it has ${all}`);
	}
	const room = Math.max(...rooms.map((it) => it.room));
	if (loader.hasTable && size > room)
		throw new LoaderError("too-large", `the image has ${size} bytes, a slot of the board ${room}`);
}

async function giveTable(client: LoaderClient, board: string, port: string, say: (text: string) => void) {
	const { size, partitions } = readBoardFlash(board);
	say(`${port}: an empty flash: writing the partition table of ${board}`);
	await client.writeTable(boardRow({ board, flashSize: size }).subarray(0, BOARD_ROW_SIZE), partitionTable(partitions));
}

/** A firmware that runs is asked to restart; where none answers, somebody has to reset the board. */
async function findLoader(line: Line, client: LoaderClient, { wait, say }: LineOptions): Promise<Loader> {
	say(`${line.name}: asking who is there`);
	const listening = await client.find(LISTENS);
	if (listening) return listening;
	const firmware = await restarted(line);
	if (firmware !== undefined) {
		say(`${line.name}: ${firmware} restarts`);
		const loader = await client.find(RESTARTS);
		if (loader) return loader;
		throw new LoaderError(
			"no-answer",
			`${line.name}: ${firmware} was restarted, but no boot loader answered: has the board one that takes images on this line?`,
		);
	}
	say(`${line.name}: nobody answers: reset the board, or switch it on`);
	const loader = await client.find(wait * 1000);
	if (loader) return loader;
	throw new LoaderError(
		"no-answer",
		`${line.name}: no boot loader answers. Is this the board's second UART, at this speed? Reset the board while this waits (--wait 60)`,
	);
}

/** What ran, in words, once it has promised to restart; undefined: nothing that speaks the console protocol. */
async function restarted(line: Line): Promise<string | undefined> {
	const console = new ConsoleClient(line, { answerTime: 500, tries: 3 });
	try {
		const { firmware, firmwareVersion } = await console.identify();
		await console.restart();
		return `${firmware} ${firmwareVersion}`;
	} catch (error) {
		if (error instanceof ConsoleError && error.code === "no-answer") return undefined;
		throw error;
	}
}

/** Bytes, rate and time left. */
function pace(done: number, total: number, sent: number, seconds: number): string {
	const kilobytes = (bytes: number) => Math.round(bytes / 1000);
	const rate = seconds > 0.5 ? sent / seconds : 0;
	const left = rate > 0 ? `, ${kilobytes(rate)} KB/s, ${Math.ceil((total - done) / rate)} s left` : "";
	return `${kilobytes(done)} of ${kilobytes(total)} KB${left}`;
}

import { randomBytes } from "node:crypto";
import type { Line } from "../console/line";
import { crc32 } from "../crc32";
import { IMAGE_HEADER_SIZE } from "../image-header";
import { LoaderError, type LoaderStatus, refusal, statuses } from "./error";
import { ANSWER, type Frame, frameOf, GAP, LoaderDeframer } from "./frame";

const commands = { identify: 1, table: 2, begin: 3, write: 4, end: 5, boot: 6 } as const;
type Command = keyof typeof commands;

export const BLOCK = 4096;
const NO_SLOT = 0xff;
/** How often a burn is begun in all: the loader was restarted, or (once more) what arrived was wrong. */
const SESSIONS = 4;

export interface LoaderSlot {
	readonly slot: string;
	/** The most that an image may have there, bytes. */
	readonly room: number;
	readonly state: "empty" | "image" | "damaged";
	readonly version: string;
}

export interface Loader {
	readonly protocol: number;
	readonly version: string;
	/** Empty: its flash doesn't say. */
	readonly board: string;
	readonly uniqueId: string;
	/** Bytes; 0: its flash doesn't say. */
	readonly flashSize: number;
	readonly hasTable: boolean;
	/** The slot that the boot record names. */
	readonly decided: string | undefined;
	readonly slots: readonly LoaderSlot[];
}

export interface Burned {
	readonly slot: string;
	/** Bytes that went over the line; the others were there. */
	readonly sent: number;
}

interface Reply {
	readonly slot: string;
	/** The offset that the loader wants next. */
	readonly wanted: number;
}

/** Bytes that the loader has, of all. */
export type OnBurn = (done: number, total: number, slot: string) => void;

const slotName = (slot: number): string => `ota_${slot}`;

/** The host's side of hal/BURN.md: one boot loader on one line. */
export class LoaderClient {
	readonly #line: Line;
	readonly #deframer = new LoaderDeframer();
	#gap: NodeJS.Timeout | undefined;
	#waiting: { take(frame: Frame): void; fail(error: Error): void } | undefined;
	#ended: Error | undefined;
	// At random: an answer to the host before may still be on its way.
	#id = randomBytes(2).readUInt16BE();

	constructor(line: Line) {
		this.#line = line;
		line.listen(
			(bytes) => this.#received(bytes),
			() => {
				this.#ended = new LoaderError("closed", `${line.name}: the line was closed: run it again, it continues`);
				this.#waiting?.fail(this.#ended);
			},
		);
	}

	/** Who is there; undefined when nobody answers in `ms`. Asked often: a loader listens only for a moment. */
	async find(ms: number, every = 60): Promise<Loader | undefined> {
		for (const end = performance.now() + ms; performance.now() < end; ) {
			const answer = await this.#once("identify", Buffer.alloc(0), every);
			if (answer) return identified(answer.payload);
		}
		return undefined;
	}

	/** Gives an empty flash its partition table. @throws {LoaderError} */
	async writeTable(boardRow: Uint8Array, table: Uint8Array): Promise<void> {
		await this.#ask("table", Buffer.concat([boardRow, rowsOf(table)]));
	}

	/**
	 * Burns an image: into `slot`, else into one that doesn't start now. What the slot already has of it is not sent again.
	 *
	 * @throws {LoaderError}
	 */
	async burn(image: Uint8Array, slot: number | undefined, onBurn: OnBurn = () => {}): Promise<Burned> {
		let sent = 0;
		for (let session = 1, anew = false; ; session++)
			try {
				const reply = await this.#ask("begin", beginOf(image, slot, anew), 15_000);
				sent += await this.#blocks(image, reply, onBurn);
				await this.#ask("end", Buffer.alloc(0), 15_000);
				return { slot: reply.slot, sent };
			} catch (error) {
				const code = error instanceof LoaderError ? error.code : undefined;
				const again = code === "not-begun" || (code === "wrong-digest" && !anew);
				if (session === SESSIONS || !again) throw error;
				anew ||= code === "wrong-digest";
			}
	}

	async #blocks(image: Uint8Array, { wanted, slot }: Reply, onBurn: OnBurn): Promise<number> {
		let sent = 0;
		for (let at = wanted; at < image.length; ) {
			onBurn(at, image.length, slot);
			const block = image.subarray(at, at + BLOCK);
			const payload = Buffer.alloc(4 + block.length);
			payload.writeUInt32BE(at);
			payload.set(block, 4);
			({ wanted: at } = await this.#ask("write", payload, 5000));
			sent += block.length;
		}
		onBurn(image.length, image.length, slot);
		return sent;
	}

	/** Has the loader start what the boot rules choose. */
	async boot(): Promise<void> {
		await this.#ask("boot");
	}

	close(): void {
		clearTimeout(this.#gap);
		this.#line.close();
	}

	async #ask(command: Command, payload: Uint8Array = Buffer.alloc(0), time = 1000): Promise<Reply> {
		const id = this.#next();
		for (let attempt = 0; attempt < 4; attempt++) {
			const answer = await this.#once(command, payload, time, id);
			if (answer) return checked(command, answer.payload);
		}
		throw new LoaderError(
			"no-answer",
			`${this.#line.name}: the boot loader doesn't answer any more: is the cable in? Run it again, it continues`,
		);
	}

	#next(): number {
		this.#id = (this.#id + 1) & 0xffff;
		return this.#id;
	}

	/** The answer to one frame, undefined when none comes in time. */
	#once(command: Command, payload: Uint8Array, time: number, id = this.#next()): Promise<Frame | undefined> {
		return new Promise((resolve, reject) => {
			if (this.#ended) return reject(this.#ended);
			const done = (settle: () => void) => {
				clearTimeout(timer);
				this.#waiting = undefined;
				settle();
			};
			const timer = setTimeout(() => done(() => resolve(undefined)), time);
			this.#waiting = {
				take: (answer) => {
					// Any answer to "who is there" will do: it may be that to the question before.
					if (answer.type === (commands[command] | ANSWER) && (answer.id === id || command === "identify"))
						done(() => resolve(answer));
				},
				fail: (error) => done(() => reject(error)),
			};
			this.#line.send(frameOf(commands[command], id, payload));
		});
	}

	#received(bytes: Uint8Array): void {
		this.#deframer.push(bytes);
		this.#take();
	}

	#take(): void {
		clearTimeout(this.#gap);
		for (let frame = this.#deframer.next(); frame; frame = this.#deframer.next()) this.#waiting?.take(frame);
		if (!this.#deframer.inFrame) return;
		this.#gap = setTimeout(() => {
			this.#deframer.cut();
			this.#take();
		}, GAP);
	}
}

/** Without the 0xff behind the row with the MD5. */
function rowsOf(table: Uint8Array): Uint8Array {
	for (let at = 0; at < table.length; at += 32) if (table[at] === 0xeb) return table.subarray(0, at + 32);
	throw new RangeError("a table without its MD5");
}

function beginOf(image: Uint8Array, slot: number | undefined, anew: boolean): Buffer {
	const blocks = Math.ceil(image.length / BLOCK);
	const payload = Buffer.alloc(2 + IMAGE_HEADER_SIZE + 4 * blocks);
	payload.set([slot ?? NO_SLOT, anew ? 1 : 0]);
	payload.set(image.subarray(0, IMAGE_HEADER_SIZE), 2);
	for (let block = 0; block < blocks; block++) {
		const bytes = Buffer.from(image.subarray(block * BLOCK, (block + 1) * BLOCK));
		// As the block lies until the end: without the header.
		if (block === 0) bytes.fill(0xff, 0, IMAGE_HEADER_SIZE);
		payload.writeUInt32BE(crc32(bytes), 2 + IMAGE_HEADER_SIZE + 4 * block);
	}
	return payload;
}

/** @throws {LoaderError} unless the status is `ok`. */
function checked(command: Command, payload: Buffer): Reply {
	if (payload.length < 6) throw nonsense(command);
	const status = statuses[payload.readUInt8(0)];
	if (status === undefined) throw nonsense(command);
	const reply = { slot: slotName(payload.readUInt8(1)), wanted: payload.readUInt32BE(2) };
	// A piece went twice or not at all: the answer says where to go on.
	if (status === "ok" || (status === "out-of-order" && command === "write")) return reply;
	throw refusal(status as LoaderStatus, printable(payload.subarray(6)));
}

function nonsense(command: Command): LoaderError {
	return new LoaderError("nonsense", `the boot loader's answer to "${command}" is none of this protocol`);
}

const printable = (bytes: Uint8Array): string =>
	Buffer.from(bytes)
		.toString()
		.replace(/[^ -~]/g, "?");

const STATES = ["empty", "image", "damaged"] as const;

/** @throws {LoaderError} "nonsense" */
function identified(payload: Buffer): Loader {
	let at = 0;
	const take = (size: number): Buffer => {
		if (at + size > payload.length) throw nonsense("identify");
		at += size;
		return payload.subarray(at - size, at);
	};
	const byte = () => take(1).readUInt8();
	const text = () => printable(take(byte()));
	const status = byte();
	if (status !== 0) throw refusal((statuses[status] ?? "unsupported") as LoaderStatus, "");
	const protocol = byte();
	const flashSize = take(4).readUInt32BE();
	const hasTable = byte() === 1;
	const decided = byte();
	const version = text();
	const board = text();
	const uniqueId = take(byte()).toString("hex");
	const slots = Array.from({ length: byte() }, (): LoaderSlot => {
		const slot = slotName(byte());
		const room = take(4).readUInt32BE();
		return { slot, room, state: STATES[byte()] ?? "damaged", version: text() };
	});
	return {
		...{ protocol, version, board, uniqueId, flashSize, hasTable, slots },
		decided: decided === NO_SLOT ? undefined : slotName(decided),
	};
}

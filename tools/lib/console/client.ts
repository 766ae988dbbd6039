import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import {
	ANSWER,
	beginFlags,
	type Command,
	commands,
	Deframer,
	FRAME_MAX,
	type Frame,
	GAP,
	HEADER,
	ID_LENGTH,
	PAYLOAD_MAX,
	PROVE_LABEL,
	seal,
	states,
	statuses,
	tags,
} from "provisioning/codec";
import { FieldWriter, find, findAll, findU16, isWellFormed } from "provisioning/fields";
import { ConsoleError, refusal } from "./error";
import { type Line, openLine } from "./line";

/** What a device tells of itself. */
export interface Identified {
	readonly firmware: string;
	readonly firmwareVersion: string;
	readonly board: string;
	/** Lower-case hex. */
	readonly uniqueId: string;
	/** The kind of the identity that it holds; `undefined` when it is nobody. */
	readonly kind: string | undefined;
	readonly locked: boolean;
	/** Of this run of the device, lower-case hex. */
	readonly boot: string;
	/** The longest payload that it takes. */
	readonly room: number;
}

export interface BurnRecord {
	readonly name: string;
	readonly value: Uint8Array;
}

export interface BurnOptions {
	/** Networks that aren't named stay. */
	readonly addNetworks?: boolean;
	/** What the device obtained by itself for the same identity is forgotten, too. */
	readonly fresh?: boolean;
	readonly onProgress?: (sent: number, total: number) => void;
}

export interface ClientOptions {
	/** Milliseconds that an answer is waited for, that to `commit`, and how often a request is sent in all. */
	readonly answerTime?: number;
	readonly commitTime?: number;
	readonly tries?: number;
}

type FieldValue = Uint8Array | string | number;
type Fields = readonly (readonly [tag: number, value: FieldValue])[];

/** How often all is begun anew when the session is lost (the device was restarted, another host came). */
const SESSIONS = 3;
/** A challenge's length. */
const CHALLENGE = 32;

/** The host's side of the console protocol (modules/provisioning/PROTOCOL.md): one device on one line. */
export class ConsoleClient {
	readonly #line: Line;
	readonly #options: Required<ClientOptions>;
	readonly #deframer = new Deframer();
	#gap: NodeJS.Timeout | undefined;
	/** Told each answer, and the line's end. */
	#waiting: { take(frame: Frame): void; fail(error: ConsoleError): void } | undefined;
	#ended: ConsoleError | undefined;
	/** Requests go one after the other. */
	#turn: Promise<unknown> = Promise.resolve();
	// At random, as an answer to the host before may still be on its way.
	#id = randomBytes(2).readUInt16BE();

	/** @throws {ConsoleError} `port` */
	static async open(port: string, options: ClientOptions & { readonly baud?: number } = {}): Promise<ConsoleClient> {
		return new ConsoleClient(await openLine(port, options.baud), options);
	}

	constructor(line: Line, options: ClientOptions = {}) {
		this.#line = line;
		this.#options = { answerTime: 1000, commitTime: 8000, tries: 5, ...options };
		line.listen(
			(bytes) => this.#received(bytes),
			(error) => {
				this.#ended = error;
				this.#waiting?.fail(error);
			},
		);
	}

	/** @throws {ConsoleError} as every call: `no-answer`, `closed`, and what the device refuses. */
	async identify(): Promise<Identified> {
		const answer = await this.#ask("identify");
		const text = (tag: number) => Buffer.from(find(answer, 1, tag) ?? []).toString();
		const hex = (tag: number) => Buffer.from(find(answer, 1, tag) ?? []).toString("hex");
		const room = findU16(answer, 1, tags.room);
		if (room === undefined || hex(tags.boot).length !== ID_LENGTH * 2) throw nonsense("identify");
		return {
			firmware: text(tags.firmware),
			firmwareVersion: text(tags.firmwareVersion),
			board: text(tags.board),
			uniqueId: hex(tags.uniqueId),
			kind: text(tags.kind) || undefined,
			locked: ((find(answer, 1, tags.state)?.[0] ?? 0) & states.locked) !== 0,
			boot: hex(tags.boot),
			room: Math.min(room, PAYLOAD_MAX),
		};
	}

	/** The names of the records that are present, sorted. */
	async list(): Promise<string[]> {
		const names: string[] = [];
		for (;;) {
			const last = names.at(-1);
			const answer = await this.#ask("list", last === undefined ? [] : [[tags.record, last]]);
			const more = findAll(answer, 1, tags.record).map((name) => Buffer.from(name).toString());
			names.push(...more);
			if (!find(answer, 1, tags.more)) return names;
			if (more.length === 0) throw nonsense("list");
		}
	}

	/** Writes records in one transaction of the device's vault: all of them or none. Does not prove them. */
	async burn(records: readonly BurnRecord[], options: BurnOptions = {}): Promise<void> {
		const { room } = await this.identify();
		for (let session = 1; ; session++)
			try {
				return await this.#session(records, room, options);
			} catch (error) {
				const again = error instanceof ConsoleError && ["no-session", "wrong-digest"].includes(error.code);
				if (!again || session === SESSIONS) throw error;
			}
	}

	async #session(
		records: readonly BurnRecord[],
		room: number,
		{ addNetworks = false, fresh = false, onProgress }: BurnOptions,
	): Promise<void> {
		const session: [number, FieldValue] = [tags.session, randomBytes(ID_LENGTH)];
		const flags = (addNetworks ? beginFlags.addNetworks : 0) | (fresh ? beginFlags.fresh : 0);
		const all = records.reduce((sum, { value }) => sum + value.length, 0);
		const digest = createHash("sha256");
		let sent = 0;
		await this.#ask("begin", [session, [tags.flags, Uint8Array.of(flags)]]);
		for (const { name, value } of records) {
			const total: [number, FieldValue] = [tags.total, value.length];
			const piece = room - (3 + ID_LENGTH) - (3 + name.length) - 5 - 5 - 3;
			for (let at = 0; at < value.length || at === 0; at += piece) {
				const data = value.subarray(at, at + piece);
				await this.#ask("write", [session, [tags.record, name], total, [tags.offset, at], [tags.data, data]]);
				sent += data.length;
				onProgress?.(sent, all);
			}
			digest
				.update(name)
				.update(Uint8Array.of(0, value.length >> 8, value.length & 0xff))
				.update(value);
		}
		await this.#ask("commit", [session, [tags.digest, digest.digest()]], this.#options.commitTime);
	}

	/**
	 * Has the device prove that it holds this value.
	 *
	 * @throws {ConsoleError} `wrong-proof` when it holds another one, `no-record` when none.
	 */
	async prove({ name, value }: BurnRecord): Promise<void> {
		const challenge = randomBytes(CHALLENGE);
		const answer = await this.#ask("prove", [
			[tags.record, name],
			[tags.challenge, challenge],
		]);
		const mac = find(answer, 1, tags.mac);
		const expected = createHmac("sha256", value).update(PROVE_LABEL).update(challenge).update(name).digest();
		if (mac?.length !== expected.length || !timingSafeEqual(mac, expected))
			throw new ConsoleError("wrong-proof", `the device holds another ${name} than the one given`, { detail: name });
	}

	/** Restarts the device, once, however often the request has to be repeated. */
	async restart(): Promise<void> {
		const { boot } = await this.identify();
		await this.#ask("restart", [[tags.boot, Buffer.from(boot, "hex")]]);
	}

	close(): void {
		clearTimeout(this.#gap);
		this.#line.close();
		this.#deframer.reset();
	}

	/** The payload of the answer to a request. */
	#ask(command: Command, fields: Fields = [], time = this.#options.answerTime): Promise<Uint8Array> {
		const answer = this.#turn.then(() => this.#exchange(command, fields, time));
		this.#turn = answer.catch(() => {});
		return answer;
	}

	async #exchange(command: Command, fields: Fields, time: number): Promise<Uint8Array> {
		const { tries } = this.#options;
		this.#id = (this.#id + 1) & 0xffff;
		const frame = frameOf(commands[command], this.#id, fields);
		try {
			for (let attempt = 0; attempt < tries; attempt++) {
				const answer = await this.#once(frame, commands[command] | ANSWER, this.#id, time);
				if (answer) return checked(command, answer);
			}
		} finally {
			frame.fill(0); // It may have had a secret in it.
		}
		throw new ConsoleError(
			"no-answer",
			`nobody answered on ${this.#line.name}: is the device running firmware that listens there (any of ours does), at this speed?`,
		);
	}

	/** Sends a frame; the payload of its answer, `undefined` when none came in time. */
	#once(frame: Uint8Array, type: number, id: number, time: number): Promise<Uint8Array | undefined> {
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
					if (answer.type === type && answer.id === id) done(() => resolve(answer.payload.slice()));
				},
				fail: (error) => done(() => reject(error)),
			};
			// A copy: it goes out later, and the caller wipes this one.
			this.#line.send(Buffer.from(frame));
		});
	}

	#received(bytes: Uint8Array): void {
		for (let at = 0; at < bytes.length; ) {
			const space = this.#deframer.space(bytes.length - at);
			space.set(bytes.subarray(at, at + space.length));
			at += space.length;
			this.#deframer.filled(space.length);
			this.#take();
		}
	}

	#take(): void {
		clearTimeout(this.#gap);
		for (let frame = this.#deframer.next(); frame; frame = this.#deframer.next()) {
			this.#waiting?.take(frame);
			this.#deframer.release();
		}
		if (!this.#deframer.inFrame) return;
		this.#gap = setTimeout(() => {
			this.#deframer.cut();
			this.#take();
		}, GAP);
	}
}

function frameOf(type: number, id: number, fields: Fields): Uint8Array {
	const bytes = new Uint8Array(FRAME_MAX);
	const writer = new FieldWriter(bytes, HEADER, HEADER + PAYLOAD_MAX);
	for (const [tag, value] of fields) {
		if (typeof value === "number") writer.u16(tag, value);
		else writer.bytes(tag, typeof value === "string" ? Buffer.from(value) : value);
	}
	return bytes.subarray(0, seal(bytes, type, id, writer.at - HEADER));
}

/** @throws {ConsoleError} unless the answer's status is `ok`. */
function checked(command: Command, payload: Uint8Array): Uint8Array {
	const status = statuses[payload[0] ?? statuses.length];
	if (status === undefined || !isWellFormed(payload, 1, true)) throw nonsense(command);
	if (status === "ok") return payload;
	const detail = find(payload, 1, tags.detail);
	throw refusal(
		status,
		detail &&
			Buffer.from(detail)
				.toString()
				.replace(/[^ -~]/g, "?"),
	);
}

function nonsense(command: Command): ConsoleError {
	return new ConsoleError("nonsense", `the device's answer to "${command}" is none of this protocol`);
}

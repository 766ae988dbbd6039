// What the tests of provisioning share; on XS and in vitest.
import { digest, unhex } from "hal/crypto";
import { decode, encode } from "hal/text";
import { ANSWER, commands, FRAME_MAX, HEADER, seal, statuses, tags } from "provisioning/codec";
import Core, { type CoreOptions } from "provisioning/core";
import { FieldWriter, find, findAll } from "provisioning/fields";
import type { IdentityKind } from "provisioning/replace";
import { FakeRecords } from "test/fake-records";

export const info = Object.freeze({
	firmware: "linkxs",
	version: "1.2.3",
	board: "sim",
	uniqueId: unhex("0102030405060708"),
});

export const SESSION = unhex("0102030405060708");

/** Fields of a request, as `[tag, value]`; a text is its UTF-8, a number two bytes. */
export type Fields = readonly (readonly [tag: number, value: Uint8Array | string | number])[];

/** A whole frame. */
export function frameOf(type: number, id: number, fields: Fields = [], version = 1): Uint8Array {
	const bytes = new Uint8Array(FRAME_MAX);
	const writer = new FieldWriter(bytes, HEADER, FRAME_MAX - 4);
	for (const [tag, value] of fields) {
		if (typeof value === "number") writer.u16(tag, value);
		else writer.bytes(tag, typeof value === "string" ? encode(value) : value);
	}
	return bytes.slice(0, seal(bytes, type, id, writer.at - HEADER, version));
}

export interface Answer {
	readonly type: number;
	readonly id: number;
	readonly status: string | undefined;
	readonly payload: Uint8Array;
}

/** A core with its events written down. */
export class Bench {
	readonly records = new FakeRecords();
	readonly answers: Answer[] = [];
	readonly events: string[] = [];
	readonly core: Core;
	now = 1000;
	/** Whether answers are out at once. */
	drains = true;
	isLocked = false;
	#id = 0;

	constructor(options: Partial<CoreOptions> = {}) {
		this.core = new Core({
			records: this.records,
			info,
			locked: () => this.isLocked,
			events: {
				onSend: (bytes) => {
					this.answers.push(answerOf(bytes.slice()));
					if (this.drains) this.core.sent(this.now);
				},
				onCommit: (kind: IdentityKind | undefined) => void this.events.push(`commit ${kind ?? "-"}`),
				onProvisioned: () => void this.events.push("provisioned"),
				onRestart: () => void this.events.push("restart"),
				onRefused: ({ code }) => void this.events.push(`refused ${code}`),
			},
			...options,
		});
	}

	/** Bytes on the line, in pieces of at most `size`. */
	feed(bytes: Uint8Array, size = bytes.length): void {
		for (let at = 0; at < bytes.length; ) {
			const space = this.core.space(Math.min(size, bytes.length - at));
			if (space.length === 0) throw new Error("no room");
			space.set(bytes.subarray(at, at + space.length));
			at += space.length;
			this.core.filled(space.length, this.now);
		}
	}

	/** Time passes; the core is woken when it wants to be. */
	pass(ms: number): void {
		const end = this.now + ms;
		for (let at = this.core.wakeAt; at !== undefined && at <= end; at = this.core.wakeAt) {
			this.now = Math.max(this.now, at);
			this.core.wake(this.now);
		}
		this.now = end;
	}

	/** The answer to a request; fails unless there's just one. */
	ask(command: keyof typeof commands | number, fields: Fields = []): Answer {
		const type = typeof command === "number" ? command : commands[command];
		const before = this.answers.length;
		this.#id = (this.#id + 1) & 0xffff;
		this.feed(frameOf(type, this.#id, fields));
		const [answer, more] = this.answers.slice(before);
		if (!answer || more) throw new Error(`${this.answers.length - before} answers`);
		if (answer.type !== (type | ANSWER) || answer.id !== this.#id) throw new Error("another request's answer");
		return answer;
	}

	status(command: keyof typeof commands | number, fields: Fields = []): string | undefined {
		return this.ask(command, fields).status;
	}

	begin(session = SESSION, flags = 0): string | undefined {
		return this.status("begin", [
			[tags.session, session],
			[tags.flags, Uint8Array.of(flags)],
		]);
	}

	write(name: string, value: string | Uint8Array, offset = 0, total?: number, session = SESSION): string | undefined {
		const data = typeof value === "string" ? encode(value) : value;
		return this.status("write", writeFields(name, data, offset, total ?? data.length, session));
	}

	commit(records: readonly Burned[], session = SESSION): string | undefined {
		return this.status("commit", [
			[tags.session, session],
			[tags.digest, digestOf(records)],
		]);
	}

	/** Everything from `begin` to `commit`. */
	burn(records: readonly Burned[], flags = 0, session = SESSION): string | undefined {
		this.begin(session, flags);
		for (const [name, value] of records) this.write(name, value, 0, undefined, session);
		return this.commit(records, session);
	}
}

export function writeFields(
	name: string,
	data: Uint8Array,
	offset = 0,
	total = data.length,
	session: Uint8Array = SESSION,
): Fields {
	return [
		[tags.session, session],
		[tags.record, name],
		[tags.total, total],
		[tags.offset, offset],
		[tags.data, data],
	];
}

export function digestOf(records: readonly Burned[]): Uint8Array {
	const parts: Uint8Array[] = [];
	for (const [name, value] of records) {
		const bytes = typeof value === "string" ? encode(value) : value;
		parts.push(encode(name), Uint8Array.of(0, bytes.length >> 8, bytes.length & 0xff), bytes);
	}
	return digest("SHA256", ...parts);
}

function answerOf(frame: Uint8Array): Answer {
	const payload = frame.subarray(HEADER, frame.length - 4);
	return {
		type: frame[2] as number,
		id: ((frame[3] as number) << 8) | (frame[4] as number),
		status: statuses[payload[0] as number],
		payload,
	};
}

/** The field of an answer, in hex digits or as text. */
export const field = (answer: Answer, tag: number): Uint8Array | undefined => find(answer.payload, 1, tag);
export const textOf = (answer: Answer, tag: number): string | undefined => {
	const value = field(answer, tag);
	return value && decode(value);
};
export const textsOf = (answer: Answer, tag: number): string[] =>
	findAll(answer.payload, 1, tag).map((value) => decode(value));

export type Burned = readonly [name: string, value: string | Uint8Array];

export const deviceSecret: readonly [Burned, Burned, readonly [string, string]] = Object.freeze([
	["identity/productKey", "a1B2c3D4e5F"],
	["identity/deviceName", "dev1"],
	["identity/deviceSecret", "secret-of-dev1"],
] as const);

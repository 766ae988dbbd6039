// The device's side of the console protocol without I/O (PROTOCOL.md): told bytes and the time, it answers in bytes and
// says when it wants to be woken.

import { type Key, random } from "hal/crypto";
import { encode } from "hal/text";
import {
	ANSWER,
	Deframer,
	FRAME_MAX,
	type Frame,
	GAP,
	HEADER,
	ID_LENGTH,
	PAYLOAD_MAX,
	type Status,
	seal,
	statuses,
	tags,
	VERSION,
} from "./codec";
import { answer, type Context } from "./commands";
import { ProvisioningError } from "./error";
import { FieldWriter } from "./fields";
import type { IdentityKind } from "./replace";
import type { Value } from "./staging";

/** What it needs of the vault (vault/vault has all of it). */
export interface Records {
	has(name: string): boolean;
	/** Of a record that is no secret. */
	text(name: string): string | undefined;
	key(name: string): Key | undefined;
	/** All or nothing; `undefined` deletes. */
	write(changes: Readonly<Record<string, Value | undefined>>): void;
}

/** What a device tells of itself, each at most 64 bytes. */
export interface Info {
	readonly firmware: string;
	readonly version: string;
	readonly board: string;
	readonly uniqueId: Uint8Array;
}

export interface CoreEvents {
	/** Send these bytes; `sent` is to be called when they are out, and nothing else is taken until then. */
	onSend(bytes: Uint8Array): void;
	/** Records were written; `kind` when there's a new identity. */
	onCommit(kind: IdentityKind | undefined): void;
	/** The host has written records and says no more: it was unplugged before it asked for a restart. */
	onProvisioned(): void;
	/** The host asks for a restart, and has its answer. */
	onRestart(): void;
	/** A request was refused. */
	onRefused(error: ProvisioningError): void;
}

export interface CoreOptions {
	readonly records: Records;
	readonly info: Info;
	readonly events: CoreEvents;
	/** Nothing may be written any more. */
	readonly locked?: () => boolean;
}

/** Without a request for so long a session ends, and what came in it is wiped. Milliseconds. */
export const SESSION_IDLE = 30_000;
/** So long after its last commit a host that says nothing has been unplugged. */
export const SETTLE = 5_000;

export default class Core {
	#in = new Deframer();
	#out = new Uint8Array(FRAME_MAX);
	#events: CoreEvents;
	#context: Context;
	#sending = false;
	#taking = false;
	#restarting = false;
	#gapAt: number | undefined;
	#idleAt: number | undefined;
	#settleAt: number | undefined;

	constructor({ records, info, events, locked = () => false }: CoreOptions) {
		this.#events = events;
		this.#context = {
			records,
			info,
			locked,
			boot: random(ID_LENGTH),
			session: undefined,
			committed: undefined,
			onCommit: (kind) => {
				events.onCommit(kind);
			},
		};
	}

	/** When to call `wake`. */
	get wakeAt(): number | undefined {
		let at = this.#gapAt;
		for (const other of [this.#idleAt, this.#settleAt])
			if (other !== undefined && (at === undefined || other < at)) at = other;
		return at;
	}

	/** Where received bytes go; it has no room while an answer is on its way. */
	space(available: number): Uint8Array {
		return this.#in.space(this.#sending ? 0 : available);
	}

	/** `count` bytes were put into the last `space`. */
	filled(count: number, now: number): void {
		this.#in.filled(count);
		this.take(now, false);
	}

	/** What `onSend` gave is out (also from within `onSend`). */
	sent(now: number): void {
		this.#sending = false;
		if (!this.#restarting) {
			if (!this.#taking) this.take(now, false);
			return;
		}
		this.#restarting = false;
		this.#events.onRestart();
	}

	wake(now: number): void {
		if (due(this.#idleAt, now)) this.endSession();
		if (due(this.#settleAt, now)) {
			this.#settleAt = undefined;
			this.#events.onProvisioned();
		}
		if (due(this.#gapAt, now)) this.take(now, true);
	}

	/** Wipe what was received. */
	close(): void {
		this.endSession();
		this.#in.reset();
		this.#out.fill(0);
		this.#gapAt = undefined;
		this.#settleAt = undefined;
	}

	/**
	 * Answer the frames that are there: one, as the next one waits until that answer is out.
	 *
	 * @param silent nothing more will come of what has begun.
	 */
	private take(now: number, silent: boolean): void {
		this.#taking = true;
		while (!this.#sending) {
			const frame = this.#in.next();
			if (!frame) {
				if (!silent || !this.#in.inFrame) break;
				this.#in.cut();
				continue;
			}
			// Its own answers come back on a line with an echo.
			const length = frame.type < ANSWER ? this.request(frame, now) : 0;
			this.#in.release();
			if (length === 0) continue;
			this.#sending = true;
			this.#events.onSend(new Uint8Array(this.#out.buffer, 0, length));
		}
		this.#taking = false;
		this.#gapAt = this.#in.inFrame && !this.#sending ? now + GAP : undefined;
	}

	/** @returns the length of the answer in `#out`. */
	private request(frame: Frame, now: number): number {
		const fields = new FieldWriter(this.#out, HEADER, HEADER + PAYLOAD_MAX);
		const context = this.#context;
		const { committed } = context;
		let status: Status = "ok";
		fields.byte(0);
		try {
			if (frame.version !== VERSION) throw new ProvisioningError("version", String(frame.version));
			this.#restarting = answer(context, frame, fields) === "restart";
		} catch (thrown) {
			const error = thrown instanceof ProvisioningError ? thrown : new ProvisioningError("failed", undefined, thrown);
			status = error.code;
			this.refuse(error, fields);
		}
		if (context.committed !== committed) this.#settleAt = now + SETTLE;
		else if (this.#settleAt !== undefined) this.#settleAt = this.#restarting ? undefined : now + SETTLE;
		this.#idleAt = context.session ? now + SESSION_IDLE : undefined;
		this.#out[HEADER] = statuses.indexOf(status);
		return seal(this.#out, frame.type | ANSWER, frame.id, fields.at - HEADER);
	}

	private refuse(error: ProvisioningError, fields: FieldWriter): void {
		const { code, detail } = error;
		fields.at = HEADER + 1;
		if (code === "version") fields.bytes(tags.versions, Uint8Array.of(VERSION));
		if (detail !== undefined) {
			// Where the record is: the host goes on from there.
			if (code === "out-of-order") fields.u16(tags.offset, this.#context.session?.staging.received(detail) ?? 0);
			fields.bytes(tags.detail, encode(detail));
		}
		if (code === "wrong-digest") this.endSession();
		this.#events.onRefused(error);
	}

	private endSession(): void {
		this.#context.session?.staging.close();
		this.#context.session = undefined;
		this.#idleAt = undefined;
	}
}

function due(at: number | undefined, now: number): boolean {
	return at !== undefined && now >= at;
}

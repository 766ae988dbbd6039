// What each command does (PROTOCOL.md 4): reads the request's fields, changes the session or the vault, and writes the
// answer's fields.

import { equal, hmac } from "hal/crypto";
import { byteLength, decode, encode, isUtf8 } from "hal/text";
import { recordNames, ruleOf } from "./catalogue";
import {
	beginFlags,
	CHALLENGE_MAX,
	CHALLENGE_MIN,
	type Command,
	commands,
	type Frame,
	ID_LENGTH,
	PAYLOAD_MAX,
	PROVE_LABEL,
	states,
	tags,
	VERSION,
} from "./codec";
import type { Info, Records } from "./core";
import { ProvisioningError } from "./error";
import { type FieldWriter, find, findU16, isWellFormed } from "./fields";
import { changesOf, type IdentityKind, type Replacing, storedKind } from "./replace";
import { Staging } from "./staging";

export interface Session extends Replacing {
	readonly id: Uint8Array;
	readonly staging: Staging;
}

/** What commands work on. */
export interface Context {
	readonly records: Records;
	readonly info: Info;
	readonly locked: () => boolean;
	/** Of this run of the device, at random. */
	readonly boot: Uint8Array;
	session: Session | undefined;
	/** The id of the session that was committed last in this run. */
	committed: Uint8Array | undefined;
	readonly onCommit: (kind: IdentityKind | undefined) => void;
}

/** The longest text of `identify`. */
const TEXT_MAX = 64;

/**
 * Do what a request asks.
 *
 * @returns `"restart"` when the device has to, after the answer is out.
 * @throws {ProvisioningError} its code is the answer's status.
 */
export function answer(context: Context, { type, payload }: Frame, fields: FieldWriter): "restart" | undefined {
	const command = commandOf(type);
	if (!command) throw new ProvisioningError("unsupported");
	if (!isWellFormed(payload, 0, false)) throw new ProvisioningError("malformed");
	switch (command) {
		case "identify":
			return identify(context, fields);
		case "list":
			return list(context, payload, fields);
		case "begin":
			return begin(context, payload);
		case "write":
			return write(context, payload);
		case "commit":
			return commit(context, payload);
		case "abort":
			return abort(context, payload);
		case "prove":
			return prove(context, payload, fields);
		case "restart":
			return restart(context, payload);
		case "lock":
			// Its number is kept for boards that leave a factory.
			throw new ProvisioningError("unsupported");
		default:
			return assertNever(command);
	}
}

function assertNever(command: never): never {
	throw new TypeError(`no such command: ${command}`);
}

function commandOf(type: number): Command | undefined {
	for (const [name, code] of Object.entries(commands)) if (code === type) return name as Command;
	return undefined;
}

function identify({ records, info, boot, locked, committed }: Context, fields: FieldWriter): undefined {
	const kind = storedKind(records);
	fields.bytes(tags.versions, Uint8Array.of(VERSION));
	fields.bytes(tags.firmware, short(info.firmware));
	fields.bytes(tags.firmwareVersion, short(info.version));
	fields.bytes(tags.board, short(info.board));
	fields.bytes(tags.uniqueId, info.uniqueId);
	fields.bytes(tags.boot, boot);
	if (kind) fields.bytes(tags.kind, encode(kind));
	fields.u8(tags.state, locked() ? states.locked : 0);
	fields.u16(tags.room, PAYLOAD_MAX);
	if (committed) fields.bytes(tags.session, committed);
}

function list({ records }: Context, payload: Uint8Array, fields: FieldWriter): undefined {
	const after = text(payload, tags.record) ?? "";
	for (const name of recordNames()) {
		if (name <= after || !records.has(name)) continue;
		// Room for `more` is kept.
		if (!fields.fits(byteLength(name) + 4)) {
			fields.u8(tags.more, 1);
			return;
		}
		fields.bytes(tags.record, encode(name));
	}
}

function begin(context: Context, payload: Uint8Array): undefined {
	unlocked(context);
	const id = exactly(payload, tags.session, ID_LENGTH);
	const flags = exactly(payload, tags.flags, 1)[0] as number;
	// Again: what came in it stays.
	if (context.session && equal(context.session.id, id)) return;
	// Its commit would be taken for a repeat.
	if (context.committed && equal(context.committed, id)) throw new ProvisioningError("conflict");
	context.session?.staging.close();
	context.session = {
		id: id.slice(),
		addNetworks: (flags & beginFlags.addNetworks) !== 0,
		fresh: (flags & beginFlags.fresh) !== 0,
		staging: new Staging(),
	};
}

function write(context: Context, payload: Uint8Array): undefined {
	unlocked(context);
	const { staging } = open(context, payload);
	const name = text(payload, tags.record);
	const total = findU16(payload, 0, tags.total);
	const offset = findU16(payload, 0, tags.offset);
	const data = find(payload, 0, tags.data);
	if (name === undefined || total === undefined || offset === undefined || !data)
		throw new ProvisioningError("malformed");
	staging.write(name, { total, offset, data });
}

function commit(context: Context, payload: Uint8Array): undefined {
	unlocked(context);
	const id = exactly(payload, tags.session, ID_LENGTH);
	const digest = exactly(payload, tags.digest, 32);
	// Again: the answer to it was lost.
	if (context.committed && equal(context.committed, id)) return;
	const session = open(context, payload);
	const { staging } = session;
	staging.check(digest);
	const { changes, kind } = changesOf(staging, context.records, session);
	try {
		context.records.write(changes);
	} catch (cause) {
		const { code } = cause as { code?: unknown };
		throw new ProvisioningError("storage", typeof code === "string" ? code : undefined, cause);
	}
	context.session = undefined;
	context.committed = session.id;
	staging.close();
	context.onCommit(kind);
}

function abort(context: Context, payload: Uint8Array): undefined {
	const id = exactly(payload, tags.session, ID_LENGTH);
	// Another host's session isn't this one's to end; one that has ended is what was asked for.
	if (!context.session || !equal(context.session.id, id)) return;
	context.session.staging.close();
	context.session = undefined;
}

function prove({ records }: Context, payload: Uint8Array, fields: FieldWriter): undefined {
	const name = text(payload, tags.record);
	const challenge = find(payload, 0, tags.challenge);
	if (name === undefined || !challenge) throw new ProvisioningError("malformed");
	if (challenge.length < CHALLENGE_MIN || challenge.length > CHALLENGE_MAX) throw new ProvisioningError("malformed");
	if (!ruleOf(name)) throw new ProvisioningError("unknown-record");
	const key = read(records, name);
	if (!key) throw new ProvisioningError("no-record", name);
	try {
		fields.bytes(tags.mac, hmac("SHA256", key, encode(PROVE_LABEL), challenge, encode(name)));
	} finally {
		key.close();
	}
}

function read(records: Records, name: string) {
	try {
		return records.key(name);
	} catch (cause) {
		throw new ProvisioningError("storage", name, cause);
	}
}

function restart({ boot }: Context, payload: Uint8Array): "restart" | undefined {
	// Again: it has been done.
	return equal(exactly(payload, tags.boot, ID_LENGTH), boot) ? "restart" : undefined;
}

function unlocked({ locked }: Context): void {
	if (locked()) throw new ProvisioningError("locked");
}

/** The session that a request is of. */
function open({ session }: Context, payload: Uint8Array): Session {
	const id = exactly(payload, tags.session, ID_LENGTH);
	if (!session || !equal(session.id, id)) throw new ProvisioningError("no-session");
	return session;
}

/** The field `tag` (a view), which has to be there and to have this length. */
function exactly(payload: Uint8Array, tag: number, length: number): Uint8Array {
	const value = find(payload, 0, tag);
	if (value?.length !== length) throw new ProvisioningError("malformed");
	return value;
}

/** A field of text; names of records are short. */
function text(payload: Uint8Array, tag: number): string | undefined {
	const value = find(payload, 0, tag);
	if (!value) return undefined;
	if (value.length > TEXT_MAX || !isUtf8(value)) throw new ProvisioningError("malformed");
	return decode(value);
}

function short(value: string): Uint8Array {
	const bytes = encode(value);
	// What is cut in the middle of a character the host shows as it likes.
	return bytes.length > TEXT_MAX ? bytes.slice(0, TEXT_MAX) : bytes;
}

import { digest, equal, Key, type Part } from "hal/crypto";
import { copyInto, decode, encode, isUtf8 } from "hal/text";
import { fits, type RecordRule, ruleOf } from "./catalogue";
import { ProvisioningError } from "./error";
import type { Incoming } from "./replace";

/** What one session takes: every record of one identity with two certificates, its link and eight networks. */
export const RECORDS_MAX = 40;
export const BYTES_MAX = 16_384;

interface Piece {
	readonly total: number;
	readonly offset: number;
	readonly data: Uint8Array;
}

interface Staged {
	readonly rule: RecordRule;
	readonly total: number;
	received: number;
	/** A secret is a key from its first piece on; bytes of others lie in an array of their whole length. */
	value: Key | Uint8Array;
}

/** What a vault takes: text, bytes, or a secret. */
export type Value = string | Uint8Array | Key;

/**
 * The records of one session, until they are committed or dropped. A piece that comes again changes nothing: so a host that
 * lost an answer repeats.
 */
export class Staging implements Incoming<Value> {
	#records = new Map<string, Staged>();
	#bytes = 0;

	/** @throws {ProvisioningError} */
	write(name: string, { total, offset, data }: Piece): void {
		const known = this.#records.get(name);
		const record = known ?? this.begin(name, total);
		if (record.total !== total) throw new ProvisioningError("conflict", name);
		if (offset + data.length > total) throw new ProvisioningError("bad-value", name);
		if (offset > record.received) throw new ProvisioningError("out-of-order", name);
		const end = offset + data.length;
		// Again: the answer to it was lost.
		if (known && end <= record.received) return;
		if (offset < record.received) throw new ProvisioningError("conflict", name);
		append(record, data);
		if (!known) {
			this.#records.set(name, record);
			this.#bytes += total;
		}
		if (record.received < total) return;
		const wrong = wrongIn(record);
		if (!wrong) return;
		this.forget(name);
		throw new ProvisioningError("bad-value", name);
	}

	/** How much of a record is there. */
	received(name: string): number {
		return this.#records.get(name)?.received ?? 0;
	}

	/** @throws {ProvisioningError} `incomplete` when pieces are missing, `wrong-digest` when it is not what was sent. */
	check(expected: Uint8Array): void {
		const parts: Part[] = [];
		for (const [name, { value, total, received }] of this.#records) {
			if (received < total) throw new ProvisioningError("incomplete", name);
			parts.push(encode(name), Uint8Array.of(0, total >> 8, total & 0xff), value);
		}
		if (!equal(digest("SHA256", ...parts), expected)) throw new ProvisioningError("wrong-digest");
	}

	has(name: string): boolean {
		return this.#records.has(name);
	}

	names(): readonly string[] {
		return [...this.#records.keys()];
	}

	text(name: string): string | undefined {
		const value = this.#records.get(name)?.value;
		return value instanceof Uint8Array ? decode(value) : undefined;
	}

	value(name: string): Value {
		const record = this.#records.get(name);
		if (!record) throw new ProvisioningError("no-record", name);
		const { value, rule } = record;
		return value instanceof Uint8Array && rule.form !== "bytes" ? decode(value) : value;
	}

	/** Wipe everything. */
	close(): void {
		for (const name of this.names()) this.forget(name);
	}

	private begin(name: string, total: number): Staged {
		const rule = ruleOf(name);
		if (!rule) throw new ProvisioningError("unknown-record");
		if (total < rule.least || total > rule.most) throw new ProvisioningError("bad-value", name);
		if (this.#records.size === RECORDS_MAX || this.#bytes + total > BYTES_MAX)
			throw new ProvisioningError("full", name);
		return { rule, total, received: 0, value: rule.secret ? Key.from(new Uint8Array(0)) : new Uint8Array(total) };
	}

	private forget(name: string): void {
		const record = this.#records.get(name) as Staged;
		if (record.value instanceof Uint8Array) record.value.fill(0);
		else record.value.close();
		this.#records.delete(name);
		this.#bytes -= record.total;
	}
}

function append(record: Staged, data: Uint8Array): void {
	const { value, received } = record;
	if (value instanceof Uint8Array) copyInto(data, value, received);
	else {
		record.value = Key.fromParts([value, data]);
		value.close();
	}
	record.received = received + data.length;
}

/** Whether a record's value isn't what its rule says; of a secret only the length is known. */
function wrongIn({ value, rule }: Staged): boolean {
	if (!(value instanceof Uint8Array) || rule.form === "bytes") return false;
	return !isUtf8(value) || !fits(rule, decode(value));
}

// Records in memory, for tests of who reads and writes them. test/unit/vault holds it to the vault's own tests.
import { type Bytes, equal, Key } from "hal/crypto";
import { decode, encode } from "hal/text";
import { VaultError } from "vault/error";
import { type Changes, checkName, RECORDS_MAX, type Records, VALUE_MAX } from "vault/records";

export class FakeRecords implements Records {
	/** Transactions that changed something, oldest first: the names of each. */
	readonly written: string[][] = [];
	/** Set: the next write throws it and changes nothing. */
	failure: VaultError | undefined;
	readonly #values = new Map<string, Uint8Array | Key>();

	constructor(initial: Changes = {}) {
		this.write(initial);
		this.written.length = 0;
	}

	has(name: string): boolean {
		return this.#values.has(checked(name));
	}

	text(name: string): string | undefined {
		const value = this.#open(name);
		try {
			return value && decode(value);
		} catch {
			throw new VaultError("not-text", { detail: name });
		}
	}

	bytes(name: string): Uint8Array | undefined {
		return this.#open(name)?.slice();
	}

	key(name: string): Key | undefined {
		const value = this.#values.get(checked(name));
		return value && Key.fromParts([value]);
	}

	write(changes: Changes): void {
		const { failure } = this;
		this.failure = undefined;
		if (failure) throw failure;
		const values = new Map<string, Uint8Array | Key | undefined>();
		for (const [name, value] of Object.entries(changes)) values.set(checked(name), copied(name, value));
		const added = [...values].filter(([name, value]) => value && !this.#values.has(name)).length;
		const removed = [...values].filter(([name, value]) => !value && this.#values.has(name)).length;
		if (this.#values.size + added - removed > RECORDS_MAX) throw new VaultError("full");
		const changed = [...values].filter(([name, value]) => !same(value, this.#values.get(name)));
		for (const [name, value] of changed) {
			if (value) this.#values.set(name, value);
			else this.#values.delete(name);
		}
		if (changed.length > 0) this.written.push(changed.map(([name]) => name));
	}

	names(domain?: string): string[] {
		const all = [...this.#values.keys()].sort();
		return domain === undefined ? all : all.filter((name) => name.startsWith(`${domain}/`));
	}

	#open(name: string): Uint8Array | undefined {
		const value = this.#values.get(checked(name));
		if (value instanceof Key) throw new VaultError("secret", { detail: name });
		return value;
	}
}

function checked(name: string): string {
	checkName(name);
	return name;
}

function copied(name: string, value: string | Bytes | Key | undefined): Uint8Array | Key | undefined {
	if (value === undefined) return undefined;
	const bytes = typeof value === "string" ? encode(value) : value;
	if (bytes.byteLength > VALUE_MAX) throw new VaultError("value-too-long", { detail: name });
	if (bytes instanceof Key) return Key.fromParts([bytes]);
	if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes.slice(0));
	return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength).slice();
}

function same(a: Uint8Array | Key | undefined, b: Uint8Array | Key | undefined): boolean {
	if (!a || !b) return a === b;
	if (a instanceof Key !== b instanceof Key || a.byteLength !== b.byteLength) return false;
	const known = [a, b].map((value) => (value instanceof Key ? revealed(value) : value));
	return equal(known[0] as Uint8Array, known[1] as Uint8Array);
}

function revealed(key: Key): Uint8Array {
	const bytes = new Uint8Array(key.byteLength);
	key.copyTo(bytes);
	return bytes;
}

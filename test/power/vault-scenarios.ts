// What is done to a vault while its power is cut, and what must be true after each restart.
import type { Key } from "hal/crypto";
import * as crypto from "hal/crypto";
import type { Changes, Value } from "vault/records";
import Table, { type Row } from "vault/table";
import Vault, { type VaultOptions } from "vault/vault";
import { type Cut, FlashSimulator, generator } from "../lib/flash-simulator";

/** Values as tests compare them; a secret is its bytes with a mark. */
export type State = ReadonlyMap<string, string>;

/** Changes; or a format. */
export type Step = Changes | "format";

export interface Scenario {
	readonly name: string;
	/** Written before the power may go. */
	readonly before: readonly Step[];
	/** The power may go in each operation of these, and of the restarts between and after them. */
	readonly steps: readonly Step[];
	readonly blocks?: number;
	readonly unit?: number;
	/** Rows of a table instead of records. */
	readonly isTable?: boolean;
	/** Small writes go before until the first step compacts. */
	readonly compacts?: boolean;
	/** Short enough for a second cut at every operation of the recovery. */
	readonly isShort?: boolean;
}

// Nobody reads the stacks of all these cuts, and making them takes a tenth of the time.
Error.stackTraceLimit = 0;

const secretMark = "secret:";
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

function reveal(key: Key): string {
	const bytes = new Uint8Array(key.byteLength);
	key.copyTo(bytes);
	return secretMark + text(bytes);
}

const ids = new WeakMap<Key, number>();

/** A number that stands for a key's bytes. */
function idOf(key: Key): number {
	let id = ids.get(key);
	if (id === undefined) {
		id = new DataView(crypto.hmac("SHA256", key).buffer).getUint32(0);
		ids.set(key, id);
	}
	return id;
}

function quickCheck(seed: number, parts: readonly Uint8Array[]): Uint8Array {
	const check = new Uint8Array(8);
	const view = new DataView(check.buffer);
	let a = seed;
	let b = ~seed;
	for (const part of parts)
		for (const byte of part) {
			a = Math.imul(a ^ byte, 0x85ebca6b);
			a ^= a >>> 13;
			b = Math.imul((b ^ byte) + a, 0xc2b2ae35);
			b ^= b >>> 16;
		}
	view.setUint32(0, a);
	view.setUint32(4, b);
	return check;
}

/** Every nonce of a history, with what was sealed under it. */
export class Nonces {
	readonly #seen = new Map<string, string>();
	/** Of what was before the cuts. */
	readonly #earlier: Nonces | undefined;

	constructor(earlier?: Nonces) {
		this.#earlier = earlier;
	}

	#known(id: string): string | undefined {
		const seen = this.#seen.get(id);
		return seen === undefined && this.#earlier ? this.#earlier.#known(id) : seen;
	}

	/** `hal/crypto`, watched. */
	readonly crypto: VaultOptions["crypto"] = {
		...crypto,
		Key: crypto.Key,
		// Node's CMAC and HMAC cost more than all the rest here, and their strength isn't what's tried.
		cmac: (key, ...parts) => quickCheck(idOf(key as Key), parts as Uint8Array[]),
		aesGcmSeal: (key, nonce, aad, data) => {
			const sealed = crypto.aesGcmSeal(key, nonce, aad, data);
			// The key takes part: every format has its own. Its digest stands for it.
			const id = `${idOf(key as Key)} ${crypto.hex(nonce)}`;
			const content = crypto.hex(sealed) + crypto.hex(aad);
			const known = this.#known(id);
			if (known !== undefined && known !== content) throw new Error(`nonce ${crypto.hex(nonce)} used twice`);
			this.#seen.set(id, content);
			return sealed;
		},
	};
}

const chip = crypto.Key.from(new Uint8Array(32).fill(7));

/** Deriving is the same each time: once a salt is enough. */
export class World {
	readonly nonces: Nonces;

	constructor(earlier?: Nonces) {
		this.nonces = new Nonces(earlier);
	}

	options(flash: FlashSimulator): VaultOptions {
		return {
			flash,
			crypto: this.nonces.crypto,
			deriveKey: (info) => crypto.Key.fromHmac("SHA256", chip, [info]),
		};
	}

	open(flash: FlashSimulator, isTable = false): Store {
		const options = this.options(flash);
		return isTable ? new TableStore(options) : new VaultStore(new Vault(options));
	}
}

/** What the scenarios need of a vault or a table. */
interface Store {
	readonly sequence: number;
	run(step: Step): void;
	state(): State;
	close(): void;
}

class VaultStore implements Store {
	readonly #vault: Vault;

	constructor(vault: Vault) {
		this.#vault = vault;
	}

	get sequence(): number {
		return this.#vault.status().sequence;
	}

	run(step: Step): void {
		if (step === "format") this.#vault.format();
		else this.#vault.write(step);
	}

	state(): State {
		const state = new Map<string, string>();
		for (const name of this.#vault.names()) {
			try {
				state.set(name, text(this.#vault.bytes(name) as Uint8Array));
			} catch (error) {
				if ((error as { code?: string }).code !== "secret") throw error;
				state.set(name, reveal(this.#vault.key(name) as Key));
			}
		}
		return state;
	}

	close(): void {
		this.#vault.close();
	}
}

class TableStore implements Store {
	readonly #table: Table;

	constructor(options: VaultOptions) {
		this.#table = new Table({ ...options, buckets: 3 });
	}

	get sequence(): number {
		return this.#table.status.sequence;
	}

	run(step: Step): void {
		if (step === "format") this.#table.format();
		else this.#table.write(Object.fromEntries(Object.entries(step).map(([name, value]) => [name, rowOf(value)])));
	}

	state(): State {
		const state = new Map<string, string>();
		this.#table.names((name) => {
			const secret = this.#table.key(name);
			state.set(name, secret ? reveal(secret) : text(this.#table.bytes(name) as Uint8Array));
		});
		return state;
	}

	close(): void {
		this.#table.close();
	}
}

function rowOf(value: Value): Row | undefined {
	if (value === undefined) return undefined;
	return value instanceof crypto.Key ? { secret: value } : { value: value as string | Uint8Array };
}

export function apply(state: State, step: Step): State {
	if (step === "format") return new Map();
	const next = new Map(state);
	for (const [name, value] of Object.entries(step)) {
		if (value === undefined) next.delete(name);
		else if (typeof value === "string") next.set(name, Buffer.from(value).toString("latin1"));
		else if (value instanceof crypto.Key) next.set(name, reveal(value));
		else next.set(name, text(value as Uint8Array));
	}
	return next;
}

export const isSame = (a: State, b: State): boolean =>
	a.size === b.size && [...a].every(([name, value]) => b.get(name) === value);

/** The flash with `before` written, and the states after each step. */
export function prepare(scenario: Scenario, seed: number) {
	const { blocks = 4, unit = 4, before, steps, isTable } = scenario;
	const flash = new FlashSimulator({ blocks, unit, seed });
	const world = new World();
	let state: State = new Map();
	if (before.length > 0) {
		const vault = world.open(flash, isTable);
		const step = (step: Step): void => {
			vault.run(step);
			state = apply(state, step);
		};
		for (const it of before) step(it);
		for (let i = 0; scenario.compacts && !compacts(flash, scenario, seed); i += 1)
			step({ "update/state": noise(100 + (i % 7) * 30, i) });
	}
	const states = [state];
	for (const step of steps) {
		state = apply(state, step);
		states.push(state);
	}
	return { flash, states, nonces: world.nonces };
}

/** Whether the first step would erase more than a block that's appended. */
function compacts(flash: FlashSimulator, scenario: Scenario, seed: number): boolean {
	const copy = flash.copy(seed);
	const vault = new World().open(copy, scenario.isTable);
	const before = vault.sequence;
	vault.run(scenario.steps[0] as Step);
	return vault.sequence - before > 4;
}

/** Operations of the whole, uncut. */
export function count(scenario: Scenario, seed: number): number {
	const { isTable } = scenario;
	const { flash } = prepare(scenario, seed);
	const copy = flash.copy(seed);
	const world = new World();
	copy.powerOn();
	const vault = world.open(copy, isTable);
	for (const step of scenario.steps) vault.run(step);
	return copy.operations;
}

export class Lost extends Error {
	override readonly name = "Lost";
}

/**
 * Runs the steps on a copy of the flash with the power cut by `cuts`: the first in the steps, the others in the restarts
 * after. Then everything must hold.
 *
 * @returns the operations of the restart that the last cut was for (without one: of the first restart).
 * @throws {Lost}
 */
export function attempt(
	scenario: Scenario,
	{ flash, states, nonces }: ReturnType<typeof prepare>,
	cuts: readonly Cut[],
	seed: number,
): number {
	const { isTable } = scenario;
	const copy = flash.copy(seed);
	const world = new World(nonces);
	let done = -1; // steps that have returned
	let power = 0;
	let first = 0;
	const on = (): void => copy.powerOn(cuts[power++]);
	const fail = (why: string): never => {
		throw new Lost(`${scenario.name}: ${why}; seed ${seed}, cuts ${JSON.stringify(cuts)}`);
	};
	on();
	try {
		const vault = world.open(copy, isTable);
		done = 0;
		for (const step of scenario.steps) {
			vault.run(step);
			done += 1;
		}
	} catch (error) {
		if (!copy.isOff) fail(String(error));
	}
	if (!copy.isOff) return 0; // the cut is behind the end
	const allowed = states.slice(Math.max(0, done), Math.max(0, done) + 2);
	const reopen = (): Store => {
		for (;;) {
			on();
			try {
				return world.open(copy, isTable);
			} catch (error) {
				if (!copy.isOff) throw fail(`restart: ${error}`);
			}
		}
	};
	let vault = reopen();
	first = copy.operations;
	try {
		let state = vault.state();
		if (!allowed.some((it) => isSame(it, state))) fail(`neither old nor new: ${JSON.stringify([...state])}`);
		// What a start has shown stays, and the next start has nothing to do.
		for (let i = 0; i < 2; i += 1) {
			vault.close();
			copy.powerOn();
			vault = world.open(copy, isTable);
			if (!isSame(vault.state(), state)) fail("another state after a further restart");
			if (copy.operations > 0) fail("a further restart writes again");
		}
		// Further writes work, and are there after another restart.
		for (const step of [
			{ "x/after": "after", "x/key": crypto.Key.from(new Uint8Array([1, 2, 3])) },
			...scenario.steps,
		]) {
			vault.run(step);
			state = apply(state, step);
			if (!isSame(vault.state(), state)) fail("a further write isn't there");
		}
		if (!isSame(world.open(copy, isTable).state(), state)) fail("a further write isn't there after a restart");
	} catch (error) {
		if (error instanceof Lost) throw error;
		fail(`${error} ${(error as Error).cause ?? ""}`);
	}
	if (copy.broken.length > 0) fail(copy.broken.join());
	return first;
}

/** Bytes that no pattern hides in. */
export function noise(length: number, seed: number): Uint8Array {
	const random = generator(seed);
	return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

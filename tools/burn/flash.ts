// A simulated device's flash file, written directly while the device doesn't run.
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { ruleOf } from "provisioning/catalogue";
import { changesOf, type Incoming, storedKind } from "provisioning/replace";
import type { BurnRecord } from "../lib/console/client";
import { Key } from "../lib/crypto";
import { openVault } from "../lib/vault";
import { checkRegion } from "./records";
import { networksIn, type Target, written } from "./target";

type Value = string | Uint8Array | Key;

/** By the rules that a device has for what comes over its console (PROTOCOL.md 4.5). @throws {VaultError | RecordError} */
export function openFlash(flash: string, chipKey = chipKeyBeside(flash)): Target {
	checkFree(flash);
	// Opened for a moment only: somebody may be typing a secret, and start the device before it's typed.
	const use = <T>(work: (vault: ReturnType<typeof openVault>) => T): T => {
		checkFree(flash);
		const vault = openVault(flash, chipKey === undefined ? {} : { secret: readFileSync(chipKey) });
		try {
			return work(vault);
		} finally {
			vault.close();
		}
	};
	return {
		networks: async () => use((vault) => networksIn(vault.names("network"))),
		async write(records, { addNetworks = false, fresh = false }) {
			const incoming = new Records(records);
			try {
				use((vault) => {
					checkRegion(records, storedKind(vault));
					vault.write(changesOf(incoming, vault, { addNetworks, fresh }).changes);
				});
			} finally {
				incoming.close();
			}
			return { answer: { flash, records: records.length }, text: written(records.length) };
		},
		close() {},
	};
}

/** @throws {Error} when a device runs on this flash file. */
export function checkFree(flash: string): void {
	const pid = runningWith(flash);
	if (pid !== undefined)
		throw new Error(`${flash} is in use by a device that runs (process ${pid}): stop it, or --port`);
}

/** The simulator that has locked a flash file, as far as Linux tells: Node can't ask for the lock itself. */
function runningWith(flash: string): string | undefined {
	const path = realpathSync(flash);
	const inode = `:${statSync(path).ino} `;
	for (const line of read(() => readFileSync("/proc/locks", "utf8").split("\n"))) {
		const pid = line.includes(inode) ? line.split(/\s+/)[4] : undefined;
		if (pid === undefined) continue;
		// The number may be another file system's.
		const files = read(() => readdirSync(`/proc/${pid}/fd`));
		if (files.some((fd) => read(() => [readlinkSync(`/proc/${pid}/fd/${fd}`)]).includes(path))) return pid;
	}
	return undefined;
}

/** Nothing where there's no /proc, or somebody else's process. */
function read(list: () => string[]): string[] {
	try {
		return list();
	} catch {
		return [];
	}
}

/** Moddable's simulator keeps its chip's secret under a name of its own; ours is openVault's default. */
function chipKeyBeside(flash: string): string | undefined {
	const other = join(dirname(flash), "device.key");
	return !existsSync(`${flash}.key`) && existsSync(other) ? other : undefined;
}

class Records implements Incoming<Value> {
	readonly #values: ReadonlyMap<string, Value>;

	constructor(records: readonly BurnRecord[]) {
		this.#values = new Map(records.map(({ name, value }) => [name, asValue(name, value)]));
	}

	names(): readonly string[] {
		return [...this.#values.keys()];
	}

	has(name: string): boolean {
		return this.#values.has(name);
	}

	text(name: string): string | undefined {
		const value = this.#values.get(name);
		return typeof value === "string" ? value : undefined;
	}

	value(name: string): Value {
		return this.#values.get(name) ?? "";
	}

	close(): void {
		for (const value of this.#values.values()) if (value instanceof Key) value.close();
	}
}

function asValue(name: string, value: Uint8Array): Value {
	const rule = ruleOf(name);
	if (rule?.secret) return Key.from(value);
	return rule?.form === "bytes" ? value : Buffer.from(value).toString();
}

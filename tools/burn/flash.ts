// A simulated device's flash file, written directly while the device doesn't run.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ruleOf } from "provisioning/catalogue";
import { changesOf, type Incoming } from "provisioning/replace";
import type { BurnRecord } from "../lib/console/client";
import { Key } from "../lib/crypto";
import { openVault } from "../lib/vault";
import { networksIn, type Target } from "./target";

type Value = string | Uint8Array | Key;

/** By the rules that a device has for what comes over its console (PROTOCOL.md 4.5). @throws {VaultError} */
export function openFlash(flash: string, chipKey = chipKeyBeside(flash)): Target {
	const vault = openVault(flash, chipKey === undefined ? {} : { secret: readFileSync(chipKey) });
	return {
		networks: async () => networksIn(vault.names("network")),
		async write(records, { addNetworks = false, fresh = false }) {
			const incoming = new Records(records);
			try {
				vault.write(changesOf(incoming, vault, { addNetworks, fresh }).changes);
			} finally {
				incoming.close();
			}
			return { answer: { flash, records: records.length }, text: `${records.length} records written` };
		},
		close: () => vault.close(),
	};
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

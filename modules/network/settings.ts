import type { Key } from "hal/crypto";
import type { Records as VaultRecords } from "vault/records";

/** Networks that are looked for in the records. */
export const NETWORKS_MAX = 8;
/** IEEE 802.11: octets of an SSID. */
const SSID_MAX = 32;
/** A passphrase has 8 to 63 characters, the key itself 64 hex digits. */
const KEY_MIN = 8;
const KEY_MAX = 64;

/** The part of the vault's records that is used here. */
export type Records = Pick<VaultRecords, "has" | "text" | "key" | "write">;

/** One Wi-Fi network of the records; its key stays there until it is needed. */
export interface Settings {
	/** Of the record: 1 to 8. */
	readonly index: number;
	readonly ssid: string;
	/** It doesn't show itself in a scan. */
	readonly hidden: boolean;
	/** Why it can't be used: the record that is wrong. */
	readonly wrong: string | undefined;
}

const record = (index: number, name: string) => `network/${index}/${name}`;

/** UTF-8 bytes of `text`; lone surrogates count as the three of their replacement. */
function byteLength(text: string): number {
	let bytes = 0;
	for (const character of text) {
		const code = character.codePointAt(0) ?? 0;
		bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	}
	return bytes;
}

function text(records: Records, name: string): string | undefined {
	try {
		return records.text(name);
	} catch {
		return undefined;
	}
}

/** Of a record that can't be looked up nobody knows that it isn't there. */
function has(records: Records, name: string): boolean {
	try {
		return records.has(name);
	} catch {
		return true;
	}
}

/** One whose flag can't be read is taken for hidden: it is tried whatever a scan has seen. */
function isHidden(records: Records, name: string): boolean {
	try {
		return records.text(name) === "1";
	} catch {
		return true;
	}
}

/** A key that has the length of one; its characters are the access point's to judge. */
function keyFits(records: Records, name: string): boolean {
	let key: Key | undefined;
	try {
		key = records.key(name);
		return key === undefined || (key.byteLength >= KEY_MIN && key.byteLength <= KEY_MAX);
	} catch {
		return false;
	} finally {
		key?.close();
	}
}

/** The networks of the records in their order, usable or not. Never throws: a damaged record makes its own network wrong. */
export function readNetworks(records: Records): readonly Settings[] {
	const found: Settings[] = [];
	for (let index = 1; index <= NETWORKS_MAX; index++) {
		const name = record(index, "ssid");
		if (!has(records, name)) continue;
		const ssid = text(records, name) ?? "";
		const bytes = byteLength(ssid);
		const keyName = record(index, "key");
		const hidden = isHidden(records, record(index, "hidden"));
		const ssidFits = bytes > 0 && bytes <= SSID_MAX && !ssid.includes("\0");
		const wrong = !ssidFits ? name : keyFits(records, keyName) ? undefined : keyName;
		found.push(Object.freeze({ index, ssid, hidden, wrong }));
	}
	return found;
}

/** The network's key, the caller's to close; `undefined` for an open network. */
export function readKey(records: Records, network: Settings): Key | undefined {
	return records.key(record(network.index, "key"));
}

const LAST = "network/last";

/** The network that was joined last, over restarts. */
export function readLast(records: Records): number | undefined {
	const index = Number(text(records, LAST));
	return Number.isInteger(index) && index >= 1 && index <= NETWORKS_MAX ? index : undefined;
}

export function writeLast(records: Records, index: number): void {
	if (readLast(records) !== index) records.write({ [LAST]: String(index) });
}

import type { Key } from "hal/crypto";
import type Log from "log/log";
import { parseObject } from "./requests";

/** What a device reads and writes while it's connected; `vault/records` has it all. */
export interface LinkRecords {
	text(name: string): string | undefined;
	bytes(name: string): Uint8Array | undefined;
	/** It's closed by who asked. */
	key(name: string): Key | undefined;
	write(changes: Readonly<Record<string, string>>): void;
}

/**
 * Keep who the platform says that a certificate's device is (DA 667): after the certificate was replaced it may be another.
 * That counts from the next start on; nothing is written where nothing has changed.
 */
export function namesKept(storage: LinkRecords, payload: Uint8Array, log: Log): void {
	const names = parseObject(payload);
	const productKey = names?.["productKey"];
	const deviceName = names?.["deviceName"];
	if (typeof productKey !== "string" || typeof deviceName !== "string" || !productKey || !deviceName) {
		log.warn("identity response: no names");
		return;
	}
	const same = storage.text("identity/productKey") === productKey && storage.text("identity/deviceName") === deviceName;
	if (same) return;
	storage.write({ "identity/productKey": productKey, "identity/deviceName": deviceName });
	log.warn("the platform has other names for this certificate: kept for the next start");
}

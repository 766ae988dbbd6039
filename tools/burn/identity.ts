import { readRecords, type TextRecord, writeRecords } from "../lib/key-value";

/** What a device is told at its making (modules/link/settings.ts reads it). */
export interface Burned {
	readonly productKey: string;
	readonly deviceName: string;
	readonly deviceSecret: string;
	/** A region of the platform, or `host` of an instance of one's own. */
	readonly region?: string;
	readonly host?: string;
	readonly port?: number;
	/** `2` TLS (default), `3` plain TCP. */
	readonly securemode?: "2" | "3";
	/** A root certificate (PEM) instead of those in the firmware. */
	readonly root?: string;
}

const DOMAIN = "link";

/**
 * Burns an identity into a flash file; records that are there already with the same value are not written again.
 *
 * @returns how many records were written.
 */
export async function burnIdentity(flash: string, burned: Burned): Promise<number> {
	const records: TextRecord[] = [];
	for (const [key, value] of Object.entries(burned)) {
		if (value !== undefined) records.push({ path: DOMAIN, key, value: String(value) });
	}
	const present = await readRecords(
		flash,
		DOMAIN,
		records.map(({ key }) => key),
	);
	const changed = records.filter(({ key, value }) => present.get(key) !== value);
	if (changed.length > 0) await writeRecords(flash, changed);
	return changed.length;
}

import { isRegion, type Place, type Region } from "./endpoint";

/** What reading a place asks of the vault; `vault/records` has it all. */
export interface PlaceRecords {
	text(name: string): string | undefined;
	bytes(name: string): Uint8Array | undefined;
}

/**
 * Where the records `link/…` say that the platform is: `region` (default cn-shanghai) or `host`; `port`; `security` (`tls`,
 * the default, or `tcp`); `address`, which spares the resolver.
 *
 * @throws {RangeError} that names the record that's wrong, and shows no value.
 */
export function placeOf(records: PlaceRecords): Place {
	const host = text(records, "host");
	const security = text(records, "security") ?? "tls";
	if (security !== "tls" && security !== "tcp") throw new RangeError("security: tls or tcp");
	const common = { security, port: portOf(records, "port"), address: text(records, "address") } as const;
	return host === undefined ? { region: regionOf(text(records, "region")), ...common } : { host, ...common };
}

/** The root certificates (PEM or DER) of an instance of one's own; undefined: the platform's, which the firmware has. */
export function rootsOf(records: PlaceRecords): readonly Uint8Array[] | undefined {
	const root = records.bytes("link/root");
	return root === undefined || root.byteLength === 0 ? undefined : [root];
}

/** A record `link/…` that is a port. @throws {RangeError} */
export function portOf(records: PlaceRecords, name: string): number | undefined {
	const port = text(records, name);
	if (port === undefined) return undefined;
	if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) throw new RangeError(`${name}: 1 to 65,535`);
	return Number(port);
}

/** An empty text is none. */
function text(records: PlaceRecords, name: string): string | undefined {
	return records.text(`link/${name}`) || undefined;
}

function regionOf(region = "cn-shanghai"): Region {
	if (!isRegion(region)) throw new RangeError("region: unknown");
	return region;
}

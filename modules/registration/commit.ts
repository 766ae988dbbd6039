import type { Key } from "hal/crypto";
import type { Grant } from "./answer";
import { RegistrationError } from "./error";

/** What keeps a grant: the vault, or whatever writes several records at once or none. */
export interface GrantRecords {
	/** All or nothing, before it returns. */
	write(changes: Readonly<Record<string, string | Key | undefined>>): void;
}

/**
 * Keep what was given, in one write: from then on the device is somebody. The product's secret stays, since ResetThing and
 * another registration may be needed one day.
 *
 * @throws {RegistrationError} `vault`.
 */
export function keep(records: GrantRecords, grant: Grant): void {
	const changes =
		grant.kind === "register"
			? { "identity/deviceSecret": grant.deviceSecret }
			: { "identity/clientId": grant.clientId, "identity/deviceToken": grant.deviceToken };
	write(records, changes);
}

/** Keep the names that belong to the certificate. @throws {RegistrationError} `vault`. */
export function keepNames(records: GrantRecords, names: { productKey: string; deviceName: string }): void {
	write(records, { "identity/productKey": names.productKey, "identity/deviceName": names.deviceName });
}

function write(records: GrantRecords, changes: Readonly<Record<string, string | Key>>): void {
	try {
		records.write(changes);
	} catch (error) {
		throw new RegistrationError("vault", (error as { code?: string }).code, error);
	}
}

import type { Part } from "hal/crypto";

// Who a device is, and what a server wants to hear for a proof. Sections of the platform's document: DA line numbers.

/** HMAC algorithms as the platform calls them (DA 1104). */
export type SignMethod = "hmacmd5" | "hmacsha1" | "hmacsha256";

/** One device, one secret (DA 489): the secret was burned with the name. */
export interface DeviceSecretIdentity {
	readonly kind: "device-secret";
	readonly productKey: string;
	readonly deviceName: string;
	/** A `Key` of the host, which JavaScript never sees, or bytes. */
	readonly deviceSecret: Part;
	/** At most 64 characters (DA 1099); default `${productKey}.${deviceName}`. */
	readonly clientId?: string;
	/** Default `"hmacsha256"`. */
	readonly signMethod?: SignMethod;
	/** Any string (FACTS: no window); default none. */
	readonly timestamp?: string;
}

/** The ways to be somebody; more of them come as kinds of their own. */
export type Identity = DeviceSecretIdentity;

/** What a name may be made of on the platform doesn't matter to signing; what would change the fields around it does. */
export function checkIdentity(identity: Identity): void {
	const { kind, productKey, deviceName, signMethod, timestamp } = identity;
	if (kind !== "device-secret") throw new TypeError("identity: unknown kind");
	if (!/^[A-Za-z0-9]{1,32}$/.test(productKey)) throw new RangeError("productKey: letters and digits");
	if (!/^[A-Za-z0-9_\-@.:]{4,32}$/.test(deviceName))
		throw new RangeError("deviceName: 4 to 32 of A–Z a–z 0–9 - _ @ . :");
	const clientId = clientIdOf(identity);
	if (clientId.length < 1 || clientId.length > 64) throw new RangeError("clientId: 1 to 64 characters");
	if (clientId.includes("|")) throw new RangeError("clientId: no |");
	if (signMethod !== undefined && algorithms[signMethod] === undefined) throw new RangeError("signMethod: unknown");
	if (timestamp !== undefined && /[|,=]/.test(timestamp)) throw new RangeError("timestamp: no | , =");
}

/** The client id without extension parameters. */
export function clientIdOf(identity: Identity): string {
	return identity.clientId ?? `${identity.productKey}.${identity.deviceName}`;
}

export const algorithms: Readonly<Record<SignMethod, "MD5" | "SHA1" | "SHA256">> = Object.freeze({
	hmacmd5: "MD5",
	hmacsha1: "SHA1",
	hmacsha256: "SHA256",
});

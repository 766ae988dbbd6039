import type { Bytes, Key, Part } from "hal/crypto";

// Who a device is, and what a server wants to hear for a proof. Sections of the platform's document: DA line numbers.

/** HMAC algorithms as the platform calls them (DA 1104). */
export type SignMethod = "hmacmd5" | "hmacsha1" | "hmacsha256";

/** What every device goes by. */
export interface Names {
	readonly productKey: string;
	readonly deviceName: string;
	/** At most 64 characters (DA 1099); default `${productKey}.${deviceName}`. */
	readonly clientId?: string | undefined;
}

/** One device, one secret (DA 489): the secret was burned with the name, or given by dynamic registration. */
export interface DeviceSecretIdentity extends Names {
	readonly kind: "device-secret";
	/** A `Key` of the host, which JavaScript never sees, or bytes. */
	readonly deviceSecret: Part;
	/** Default `"hmacsha256"`. */
	readonly signMethod?: SignMethod | undefined;
	/** Any string (FACTS: no window); default none. */
	readonly timestamp?: string | undefined;
}

/** What registration without pre-registration gave (DA 541): client id and token are this physical device's alone. */
export interface TokenIdentity extends Names {
	readonly kind: "token";
	readonly clientId: string;
	/** It's the password itself, so it goes into CONNECT, and is wiped from there. */
	readonly deviceToken: Key;
}

/** The platform's certificate (DA 581): the connection itself is the proof. */
export interface X509Identity extends Names {
	readonly kind: "x509";
	/** The chain, leaf first, PEM or DER. */
	readonly certificate: Bytes;
	readonly privateKey: Key;
	/** Not looked at (DA 700); default `"hmacsha1"`, as the document has it. */
	readonly signMethod?: SignMethod | undefined;
	readonly timestamp?: string | undefined;
}

/** ID² (DA 718): a carrier proves the device before, and the link's key comes of that. */
export interface Id2Identity extends Names {
	readonly kind: "id2";
	readonly productSecret: Part;
	readonly signMethod?: SignMethod | undefined;
	/** Of a bought instance (DA 812). */
	readonly instanceId?: string | undefined;
	/** The document prints `authype`, the platform's own SDK sends `authtype`, which is the default. */
	readonly spelling?: "authtype" | "authype" | undefined;
}

/** The ways to be somebody. */
export type Identity = DeviceSecretIdentity | TokenIdentity | X509Identity | Id2Identity;

/** The longest client id: one's own (DA 1099), and one that the platform gave. */
const CLIENT_ID_MAX = 64;
const GIVEN_CLIENT_ID_MAX = 128;

/**
 * What a name may be made of on the platform doesn't matter to signing; what would change the fields around it does.
 *
 * @throws {RangeError | TypeError} that names what is wrong and shows no value.
 */
export function checkIdentity(identity: Identity): void {
	switch (identity.kind) {
		case "device-secret":
		case "x509":
			checkNames(identity);
			checkField("timestamp", identity.timestamp);
			checkMethod(identity.signMethod);
			break;
		case "token":
			checkNames(identity, GIVEN_CLIENT_ID_MAX);
			break;
		case "id2":
			checkNames(identity);
			checkField("instanceId", identity.instanceId);
			checkMethod(identity.signMethod);
			break;
		default:
			unknownKind(identity);
	}
}

/** @throws {RangeError} for names that can't be a device's. */
export function checkNames(names: Names, clientIdMax = CLIENT_ID_MAX): void {
	if (!/^[A-Za-z0-9]{1,32}$/.test(names.productKey)) throw new RangeError("productKey: letters and digits");
	if (!/^[A-Za-z0-9_\-@.:]{4,32}$/.test(names.deviceName))
		throw new RangeError("deviceName: 4 to 32 of A–Z a–z 0–9 - _ @ . :");
	const clientId = clientIdOf(names);
	if (clientId.length < 1 || clientId.length > clientIdMax) {
		throw new RangeError(`clientId: 1 to ${clientIdMax} characters`);
	}
	if (clientId.includes("|")) throw new RangeError("clientId: no |");
}

/** @throws {RangeError} */
export function checkMethod(signMethod: SignMethod | undefined): void {
	if (signMethod !== undefined && !isSignMethod(signMethod)) throw new RangeError("signMethod: unknown");
}

/** A parameter of the client id's extension. @throws {RangeError} for what would end it. */
export function checkField(name: string, value: string | undefined): void {
	if (value !== undefined && /[|,=]/.test(value)) throw new RangeError(`${name}: no | , =`);
}

function unknownKind(_: never): never {
	throw new TypeError("identity: unknown kind");
}

/** The client id without extension parameters. */
export function clientIdOf({ clientId, productKey, deviceName }: Names): string {
	return clientId ?? `${productKey}.${deviceName}`;
}

export const algorithms: Readonly<Record<SignMethod, "MD5" | "SHA1" | "SHA256">> = Object.freeze({
	hmacmd5: "MD5",
	hmacsha1: "SHA1",
	hmacsha256: "SHA256",
});

export function isSignMethod(text: string): text is SignMethod {
	return Object.hasOwn(algorithms, text);
}

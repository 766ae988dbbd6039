import type { Key } from "hal/crypto";
import {
	checkIdentity,
	checkMethod,
	checkNames,
	type DeviceSecretIdentity,
	type Id2Identity,
	isSignMethod,
	type Names,
	type SignMethod,
	type TokenIdentity,
	type X509Identity,
} from "./identity";
import type { IdentityRecords } from "./records";

/** What a device registers with that has a product's secret and none of its own (DA 489–580). */
export interface ProductIdentity extends Names {
	readonly productSecret: Key;
	/** Default `"hmacsha256"`. */
	readonly signMethod?: SignMethod | undefined;
}

/** A certificate with its key; who it names is known, or is told by the platform at the first connection. */
export interface Certified {
	readonly certificate: Uint8Array;
	readonly privateKey: Key;
	readonly clientId: string | undefined;
}

/** How a device is somebody, by what its vault holds. */
export type Way =
	/** `why` names the record that is missing or wrong, and shows no value. */
	| { readonly kind: "none"; readonly why: string }
	| { readonly kind: "device-secret"; readonly identity: DeviceSecretIdentity }
	| { readonly kind: "token"; readonly identity: TokenIdentity }
	/** It has to register first: pre-registered, by MQTT or HTTPS, or not pre-registered, by MQTT. */
	| { readonly kind: "register"; readonly product: ProductIdentity; readonly road: "mqtt" | "https" }
	| { readonly kind: "regnwl"; readonly product: ProductIdentity }
	/** Without `identity` it has to ask who it is. */
	| { readonly kind: "x509"; readonly certified: Certified; readonly identity: X509Identity | undefined }
	/** Without `carrierKey` the key is in a carrier of the board's own. */
	| {
			readonly kind: "id2";
			readonly identity: Id2Identity;
			readonly id2: string;
			readonly carrierKey: Key | undefined;
	  };

/**
 * The way that the records `identity/…` tell, the strongest first: a certificate (its device may have a product's secret
 * as well, DA 605), ID², a token, a secret of its own; else a product's secret, which is to register with.
 *
 * @throws what `records` throws, nothing else.
 */
export function wayOf(records: IdentityRecords): Way {
	try {
		return read(records);
	} catch (error) {
		if (error instanceof RangeError) return { kind: "none", why: error.message };
		throw error;
	}
}

/** @throws {RangeError} for a record that is missing or wrong. */
function read(records: IdentityRecords): Way {
	const privateKey = records.key("identity/privateKey");
	if (privateKey !== undefined) return x509(records, privateKey);
	const id2Name = text(records, "identity/id2");
	if (id2Name !== undefined) return id2(records, id2Name);
	const deviceToken = records.key("identity/deviceToken");
	if (deviceToken !== undefined) return token(records, deviceToken);
	const deviceSecret = records.key("identity/deviceSecret");
	if (deviceSecret !== undefined) return secret(records, deviceSecret);
	const productSecret = records.key("identity/productSecret");
	if (productSecret === undefined) throw new RangeError("no deviceSecret: burn an identity first");
	return registration(records, productSecret);
}

function x509(records: IdentityRecords, privateKey: Key): Way {
	const certificate = records.bytes("identity/certificate");
	if (certificate === undefined) throw new RangeError("no certificate: it belongs to the privateKey");
	const certified: Certified = { certificate, privateKey, clientId: text(records, "identity/clientId") };
	const productKey = text(records, "identity/productKey");
	const deviceName = text(records, "identity/deviceName");
	if (productKey === undefined || deviceName === undefined) return { kind: "x509", certified, identity: undefined };
	const identity: X509Identity = { kind: "x509", productKey, deviceName, ...certified, ...signing(records) };
	checkIdentity(identity);
	return { kind: "x509", certified, identity };
}

function id2(records: IdentityRecords, name: string): Way {
	if (!/^[\x21-\x7e]{1,64}$/.test(name)) throw new RangeError("id2: 1 to 64 characters");
	const identity: Id2Identity = {
		kind: "id2",
		...names(records),
		productSecret: needed(records.key("identity/productSecret"), "productSecret"),
		signMethod: signing(records).signMethod,
		instanceId: text(records, "link/instanceId"),
		spelling: text(records, "link/id2Spelling") === "authype" ? "authype" : "authtype",
	};
	checkIdentity(identity);
	return { kind: "id2", identity, id2: name, carrierKey: records.key("identity/carrierKey") };
}

function token(records: IdentityRecords, deviceToken: Key): Way {
	const clientId = needed(text(records, "identity/clientId"), "clientId");
	const identity: TokenIdentity = { kind: "token", ...names(records), clientId, deviceToken };
	checkIdentity(identity);
	return { kind: "token", identity };
}

function secret(records: IdentityRecords, deviceSecret: Key): Way {
	const identity: DeviceSecretIdentity = {
		kind: "device-secret",
		...names(records),
		deviceSecret,
		...signing(records),
	};
	checkIdentity(identity);
	return { kind: "device-secret", identity };
}

function registration(records: IdentityRecords, productSecret: Key): Way {
	const product: ProductIdentity = { ...names(records), productSecret, signMethod: signing(records).signMethod };
	checkNames(product);
	checkMethod(product.signMethod);
	const road = text(records, "identity/road") ?? "mqtt";
	if (road !== "mqtt" && road !== "https") throw new RangeError("road: mqtt or https");
	switch (text(records, "identity/registration") ?? "register") {
		case "register":
			return { kind: "register", product, road };
		case "regnwl":
			if (road === "https") throw new RangeError("road: regnwl goes by mqtt only");
			return { kind: "regnwl", product };
		default:
			throw new RangeError("registration: register or regnwl");
	}
}

function names(records: IdentityRecords): Names {
	return {
		productKey: needed(text(records, "identity/productKey"), "productKey"),
		deviceName: needed(text(records, "identity/deviceName"), "deviceName"),
		clientId: text(records, "identity/clientId"),
	};
}

function signing(records: IdentityRecords): { signMethod: SignMethod | undefined; timestamp: string | undefined } {
	const signMethod = text(records, "identity/signMethod");
	if (signMethod !== undefined && !isSignMethod(signMethod)) throw new RangeError("signMethod: unknown");
	return { signMethod, timestamp: text(records, "identity/timestamp") };
}

/** An empty text is none. */
function text(records: IdentityRecords, name: string): string | undefined {
	return records.text(name) || undefined;
}

function needed<T>(value: T | undefined, name: string): T {
	if (value === undefined) throw new RangeError(`no ${name}: burn an identity first`);
	return value;
}

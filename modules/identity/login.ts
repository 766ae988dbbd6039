import type { Key, Part } from "hal/crypto";
import {
	checkIdentity,
	clientIdOf,
	type DeviceSecretIdentity,
	type Id2Identity,
	type Identity,
	type SignMethod,
	type X509Identity,
} from "./identity";
import { type KeyMaker, type SigningCrypto, sign, signContent, signedKey } from "./sign";

/** How the connection is secured: TLS, or plain TCP (only for a network that is trusted). */
export type Security = "tls" | "tcp";

/** The fields of CONNECT that prove a device (DA 1043–1155). */
export interface MqttLogin {
	readonly clientId: string;
	readonly userName: string;
	/** No signature has a time in it that anybody looks at, so each is as good as its secret; a token is the secret itself. */
	readonly password: string | Key;
}

/** ID² signs with the same timestamp always (DA 811). */
const ID2_TIMESTAMP = "2524608000000";

/** Proves a secret over `content`. */
type Prove = (method: SignMethod, secret: Part, content: string) => string | Key;

/**
 * Client id with its extension parameters, user name and password for MQTT, which is a text: for tools.
 *
 * @param security securemode 2 or 3: what the server compares with the transport.
 * @throws {RangeError | TypeError} for an identity that can't be right, or one that is nobody's over plain TCP.
 */
export function mqttLogin(identity: Identity, security: Security, crypto: SigningCrypto): MqttLogin {
	return login(identity, security, (method, secret, content) => sign(crypto, method, secret, content));
}

/** The same for a device: its password is a `Key` (unless it's empty), which whoever asked closes. */
export function deviceLogin(identity: Identity, security: Security, maker: KeyMaker): MqttLogin {
	const made = login(identity, security, (method, secret, content) => signedKey(maker, method, secret, content));
	return identity.kind === "token" ? { ...made, password: identity.deviceToken.slice() } : made;
}

function login(identity: Identity, security: Security, prove: Prove): MqttLogin {
	checkIdentity(identity);
	if (identity.kind !== "device-secret" && security !== "tls") throw new RangeError(`${identity.kind}: only over TLS`);
	const userName = `${identity.deviceName}&${identity.productKey}`;
	switch (identity.kind) {
		case "device-secret":
			return { ...signed(identity, security, prove), userName };
		case "token":
			return {
				clientId: `${identity.clientId}|securemode=-2,authType=connwl|`,
				userName,
				password: identity.deviceToken,
			};
		case "x509":
			return { clientId: x509ClientId(identity), userName, password: "" };
		case "id2":
			return { ...id2(identity, prove), userName };
	}
}

/** What a device says that has a certificate and doesn't know its names yet (FACTS, "X.509"). */
export function identifyLogin(clientId: string): MqttLogin {
	return { clientId: `${clientId}|securemode=2|`, userName: "&", password: "" };
}

type Signed = Pick<MqttLogin, "clientId" | "password">;

function signed(identity: DeviceSecretIdentity, security: Security, prove: Prove): Signed {
	const { productKey, deviceName, deviceSecret, timestamp, signMethod = "hmacsha256" } = identity;
	const clientId = clientIdOf(identity);
	const content = signContent({ clientId, deviceName, productKey, timestamp });
	return {
		clientId: `${clientId}|securemode=${security === "tls" ? 2 : 3},signmethod=${signMethod}${at(timestamp)}|`,
		password: prove(signMethod, deviceSecret, content),
	};
}

/** DA 691–705. */
function x509ClientId(identity: X509Identity): string {
	const { signMethod = "hmacsha1", timestamp } = identity;
	return `${clientIdOf(identity)}|securemode=2,signmethod=${signMethod}${at(timestamp)}|`;
}

/** DA 811. The password is nobody's proof here: the link itself is. */
function id2(identity: Id2Identity, prove: Prove): Signed {
	const { productKey, deviceName, productSecret, instanceId, spelling = "authtype" } = identity;
	const { signMethod = "hmacsha256" } = identity;
	const clientId = clientIdOf(identity);
	const instance = instanceId === undefined ? "" : `,instanceId=${instanceId}`;
	const content = signContent({ clientId, deviceName, productKey, timestamp: ID2_TIMESTAMP });
	return {
		clientId: `${clientId}|securemode=8,signmethod=${signMethod}${at(ID2_TIMESTAMP)},${spelling}=id2${instance}|`,
		password: prove(signMethod, productSecret, content),
	};
}

function at(timestamp: string | undefined): string {
	return timestamp === undefined ? "" : `,timestamp=${timestamp}`;
}

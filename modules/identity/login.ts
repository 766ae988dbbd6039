import { checkIdentity, clientIdOf, type Identity } from "./identity";
import { type SigningCrypto, sign, signContent } from "./sign";

/** How the connection is secured: TLS, or plain TCP (only for a network that is trusted). */
export type Security = "tls" | "tcp";

/** The fields of CONNECT that prove a device (DA 1043–1155). The password is a secret while the connection is made. */
export interface MqttLogin {
	readonly clientId: string;
	readonly userName: string;
	readonly password: string;
}

/**
 * Client id with its extension parameters, user name and password for MQTT.
 *
 * @param security securemode 2 or 3: what the server compares with the transport.
 * @throws {RangeError | TypeError} for an identity that can't be right.
 */
export function mqttLogin(identity: Identity, security: Security, crypto: SigningCrypto): MqttLogin {
	checkIdentity(identity);
	const { productKey, deviceName, deviceSecret, timestamp, signMethod = "hmacsha256" } = identity;
	const clientId = clientIdOf(identity);
	const content = signContent({ clientId, deviceName, productKey, timestamp });
	const at = timestamp === undefined ? "" : `,timestamp=${timestamp}`;
	return {
		clientId: `${clientId}|securemode=${security === "tls" ? 2 : 3},signmethod=${signMethod}${at}|`,
		userName: `${deviceName}&${productKey}`,
		password: sign(crypto, signMethod, deviceSecret, content),
	};
}

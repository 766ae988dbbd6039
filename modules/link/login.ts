import type { Identity } from "identity/identity";
import { type MqttLogin, mqttLogin } from "identity/login";
import type { SigningCrypto } from "identity/sign";
import { type Endpoint, mqttEndpoint, type Place } from "./endpoint";

/**
 * Everything that an MQTT client of a third party needs to connect as this device (the document's 7.1.5, there
 * `IOT_Sign_MQTT`): host, port, client id, user name, password.
 *
 * @throws {RangeError | TypeError} for an identity or a place that can't be right.
 */
export function thirdPartyLogin(identity: Identity, place: Place, crypto: SigningCrypto): Endpoint & MqttLogin {
	const endpoint = mqttEndpoint(place, identity.productKey, identity.kind);
	return { ...endpoint, ...mqttLogin(identity, endpoint.security, crypto) };
}

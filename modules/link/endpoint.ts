import type { Identity } from "identity/identity";
import type { Security } from "identity/login";

/** The platform's regions (FACTS, "Hosts"). */
export const regions = Object.freeze([
	"cn-shanghai",
	"cn-beijing",
	"cn-shenzhen",
	"ap-southeast-1",
	"ap-northeast-1",
	"us-west-1",
	"us-east-1",
	"eu-central-1",
] as const);

export type Region = (typeof regions)[number];

/** Where MQTT is: a public instance's region, or the host of an instance of one's own (bought, or the local cloud). */
export type Place = ({ readonly region: Region } | { readonly host: string }) & {
	readonly port?: number | undefined;
	readonly security?: Security | undefined;
	/** An IP address instead of asking for the host's: the host is still the name that TLS verifies. */
	readonly address?: string | undefined;
};

export interface Endpoint {
	readonly host: string;
	readonly port: number;
	readonly security: Security;
	/** Where it is in the place. */
	readonly address?: string;
}

/** TCP and TLS share one port: the server tells them apart by the first byte. */
const MQTT_PORT = 1883;

export function isRegion(text: string): text is Region {
	return (regions as readonly string[]).includes(text);
}

/**
 * The host and port for MQTT over TCP or TLS (the default).
 *
 * @throws {RangeError} an unknown region, one that has no certificates or no ID², an empty host or no port.
 */
export function mqttEndpoint(place: Place, productKey: string, kind: Identity["kind"] = "device-secret"): Endpoint {
	const { port = MQTT_PORT, security = "tls", address } = place;
	const at = address === undefined ? {} : { address };
	return { host: hostOf(place, productKey, kind), port: checkedPort(port), security, ...at };
}

function checkedPort(port: number): number {
	if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError("port: 1 to 65,535");
	return port;
}

function hostOf(place: Place, productKey: string, kind: Identity["kind"]): string {
	if ("host" in place) {
		if (place.host === "") throw new RangeError("host: empty");
		return place.host;
	}
	const { region } = place;
	if (!isRegion(region)) throw new RangeError(`region: one of ${regions.join(", ")}`);
	if (kind === "device-secret" || kind === "token") return `${productKey}.iot-as-mqtt.${region}.aliyuncs.com`;
	// DA 448, 457: certificates and ID² are in one region.
	if (region !== "cn-shanghai") throw new RangeError(`region: ${kind} is in cn-shanghai only`);
	return kind === "x509" ? `x509.itls.${region}.aliyuncs.com` : `${productKey}.itls.${region}.aliyuncs.com`;
}

/** HTTPS has a host of its own in a region; an instance of one's own has it beside MQTT. */
const HTTPS_PORT = 443;

/**
 * Where a device registers over HTTPS. Always TLS: who asks for a plain place is refused by the registration.
 *
 * @throws {RangeError} as `mqttEndpoint`.
 */
export function registrationEndpoint(
	place: Place,
	own: { host?: string | undefined; port?: number | undefined } = {},
): Endpoint {
	const { security = "tls", address } = place;
	const at = address === undefined ? {} : { address };
	const mqtt = mqttEndpoint(place, "", "device-secret");
	const inRegion = "region" in place ? `iot-auth.${place.region}.aliyuncs.com` : mqtt.host;
	const port = own.port ?? ("region" in place ? HTTPS_PORT : mqtt.port);
	return { host: own.host ?? inRegion, port: checkedPort(port), security, ...at };
}

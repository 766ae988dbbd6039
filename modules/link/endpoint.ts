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
export type Place =
	| { readonly region: Region; readonly port?: number; readonly security?: Security }
	| { readonly host: string; readonly port?: number; readonly security?: Security };

export interface Endpoint {
	readonly host: string;
	readonly port: number;
	readonly security: Security;
}

/** TCP and TLS share one port: the server tells them apart by the first byte. */
const MQTT_PORT = 1883;

export function isRegion(text: string): text is Region {
	return (regions as readonly string[]).includes(text);
}

/**
 * The host and port for MQTT over TCP or TLS (the default).
 *
 * @throws {RangeError} an unknown region, an empty host or no port.
 */
export function mqttEndpoint(place: Place, productKey: string): Endpoint {
	const { port = MQTT_PORT, security = "tls" } = place;
	if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new RangeError("port: 1 to 65,535");
	if ("host" in place) {
		if (place.host === "") throw new RangeError("host: empty");
		return { host: place.host, port, security };
	}
	if (!isRegion(place.region)) throw new RangeError(`region: one of ${regions.join(", ")}`);
	return { host: `${productKey}.iot-as-mqtt.${place.region}.aliyuncs.com`, port, security };
}

import { networkInterfaces } from "node:os";

/** The machine's own addresses on its networks, IPv4 and IPv6, without the loopback and without link-local IPv6. */
export function lanAddresses(): string[] {
	return Object.values(networkInterfaces())
		.flatMap((list) => list ?? [])
		.filter((one) => !one.internal && !one.address.startsWith("fe80:"))
		.map((one) => one.address);
}

/** Regions of the platform (FACTS.md): the certificate is good for the host names of each. */
export const REGIONS: readonly string[] = Object.freeze([
	"cn-shanghai",
	"cn-beijing",
	"cn-shenzhen",
	"ap-southeast-1",
	"ap-northeast-1",
	"us-west-1",
	"us-east-1",
	"eu-central-1",
]);

/** Names that devices of the platform use, which a private DNS may point here; `*` stands for a ProductKey or instance. */
export function platformNames(): string[] {
	return [
		...REGIONS.flatMap((region) => [
			`*.iot-as-mqtt.${region}.aliyuncs.com`,
			`*.iot-as-http2.${region}.aliyuncs.com`,
			`iot-auth.${region}.aliyuncs.com`,
			`iot-as-http.${region}.aliyuncs.com`,
			`*.itls.${region}.aliyuncs.com`,
			`*.coap.${region}.link.aliyuncs.com`,
		]),
		"*.mqtt.iothub.aliyuncs.com",
		"*.http2.iothub.aliyuncs.com",
		"*.auth.iothub.aliyuncs.com",
	];
}

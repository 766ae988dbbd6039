import { networkInterfaces } from "node:os";
import { regions } from "link/endpoint";

/** The machine's own addresses on its networks, IPv4 and IPv6, without the loopback and without link-local IPv6. */
export function lanAddresses(): string[] {
	return Object.values(networkInterfaces())
		.flatMap((list) => list ?? [])
		.filter((one) => !one.internal && !one.address.startsWith("fe80:"))
		.map((one) => one.address);
}

/** Names that devices of the platform use, which a private DNS may point here; `*` stands for a ProductKey or instance. */
export function platformNames(): string[] {
	return [
		...regions.flatMap((region) => [
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

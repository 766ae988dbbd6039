/** The record that a key of NVS becomes, and how: as text, as bytes (a certificate), or as a secret. */
export interface Target {
	readonly record: string;
	readonly as: "text" | "bytes" | "secret";
}

export type NvsMap = Readonly<Record<string, Target>>;

const text = (record: string): Target => Object.freeze({ record, as: "text" });
const bytes = (record: string): Target => Object.freeze({ record, as: "bytes" });
const secret = (record: string): Target => Object.freeze({ record, as: "secret" });

/** The namespace that a factory writes for this firmware. */
export const factoryNamespace = "linkxs";

/** Its keys, of at most 15 characters as NVS wants them, and the records that they become. */
export const factoryMap: NvsMap = Object.freeze({
	productKey: text("identity/productKey"),
	deviceName: text("identity/deviceName"),
	deviceSecret: secret("identity/deviceSecret"),
	productSecret: secret("identity/productSecret"),
	clientId: text("identity/clientId"),
	deviceToken: secret("identity/deviceToken"),
	registration: text("identity/registration"),
	road: text("identity/road"),
	certificate: bytes("identity/certificate"),
	privateKey: secret("identity/privateKey"),
	signMethod: text("identity/signMethod"),
	timestamp: text("identity/timestamp"),
	id2: text("identity/id2"),
	carrierKey: secret("identity/carrierKey"),
	region: text("link/region"),
	host: text("link/host"),
	port: text("link/port"),
	security: text("link/security"),
	root: bytes("link/root"),
	instanceId: text("link/instanceId"),
	registerMode: text("link/registrationSecuremode"),
	authHost: text("link/authHost"),
	authPort: text("link/authPort"),
	timeServer: text("network/timeServer"),
	ssid: text("network/1/ssid"),
	wifiKey: secret("network/1/key"),
	hidden: text("network/1/hidden"),
	...wifi(2),
	...wifi(3),
	...wifi(4),
	...wifi(5),
	...wifi(6),
	...wifi(7),
	...wifi(8),
});

/** Further networks: ssid2, wifiKey2, hidden2, … */
function wifi(n: number): NvsMap {
	return {
		[`ssid${n}`]: text(`network/${n}/ssid`),
		[`wifiKey${n}`]: secret(`network/${n}/key`),
		[`hidden${n}`]: text(`network/${n}/hidden`),
	};
}

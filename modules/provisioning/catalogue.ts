// The records that the console protocol may write (PROTOCOL.md 7), a closed table: any other name is refused. Whether a
// record is a secret is the device's to say, not the host's. No HAL here: the host uses it.

/** The longest value of any record. */
export const VALUE_MAX = 4096;
/** Networks that a device knows at most. */
export const NETWORKS_MAX = 8;

export interface RecordRule {
	readonly secret: boolean;
	/** Bytes. */
	readonly least: number;
	readonly most: number;
	/** `text` is UTF-8 without control characters. */
	readonly form: "text" | "digits" | "bytes";
	readonly choices?: readonly string[];
}

const text = (least: number, most: number): RecordRule =>
	Object.freeze({ secret: false, least, most, form: "text" } as const);
const secret = (least: number, most: number): RecordRule =>
	Object.freeze({ secret: true, least, most, form: "bytes" } as const);
const choice = (...choices: string[]): RecordRule =>
	Object.freeze({ secret: false, least: 1, most: 16, form: "text", choices: Object.freeze(choices) } as const);
const digits = (most: number): RecordRule => Object.freeze({ secret: false, least: 1, most, form: "digits" } as const);
const bytes: RecordRule = Object.freeze({ secret: false, least: 1, most: VALUE_MAX, form: "bytes" } as const);

const rules: Readonly<Record<string, RecordRule>> = Object.freeze({
	"identity/productKey": text(1, 64),
	"identity/deviceName": text(1, 64),
	"identity/deviceSecret": secret(1, 128),
	"identity/productSecret": secret(1, 128),
	"identity/clientId": text(1, 64),
	"identity/deviceToken": secret(1, 512),
	"identity/registration": choice("register", "regnwl"),
	"identity/road": choice("mqtt", "https"),
	"identity/certificate": bytes,
	"identity/privateKey": secret(1, VALUE_MAX),
	"identity/signMethod": choice("hmacmd5", "hmacsha1", "hmacsha256"),
	"identity/timestamp": digits(16),
	"identity/id2": text(1, 64),
	"identity/carrierKey": secret(32, 32),
	// As modules/link/endpoint.ts has them; a test holds the two to each other.
	"link/region": choice(
		"cn-shanghai",
		"cn-beijing",
		"cn-shenzhen",
		"ap-southeast-1",
		"ap-northeast-1",
		"us-west-1",
		"us-east-1",
		"eu-central-1",
	),
	"link/host": text(1, 255),
	"link/address": text(1, 64),
	"link/port": digits(5),
	"link/security": choice("tls", "tcp"),
	"link/root": bytes,
	"link/instanceId": text(1, 64),
	"link/id2Spelling": choice("authtype", "authype"),
	"link/registrationSecuremode": choice("-2", "2"),
	"link/authHost": text(1, 255),
	"link/authPort": digits(5),
	"network/timeServer": text(1, 255),
});

const networkRules: Readonly<Record<string, RecordRule>> = Object.freeze({
	ssid: text(1, 32),
	// A passphrase of 8 to 63 characters, or 64 hex digits.
	key: secret(8, 64),
	hidden: choice("1"),
});

/** The rule of a record; `undefined` for a name that isn't written by this protocol. */
export function ruleOf(name: string): RecordRule | undefined {
	if (Object.hasOwn(rules, name)) return rules[name];
	const number = networkOf(name);
	if (number === undefined) return undefined;
	const field = name.slice("network/1/".length);
	return Object.hasOwn(networkRules, field) ? networkRules[field] : undefined;
}

/** Whether a text, of a length that is right, is what the rule takes. */
export function fits({ choices, form }: RecordRule, value: string): boolean {
	if (choices) return choices.includes(value);
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
	return form === "digits" ? /^[0-9]+$/.test(value) : !/[\x00-\x1f\x7f]/.test(value);
}

/** The number of the network that a record `network/N/…` is of. */
export function networkOf(name: string): number | undefined {
	if (!name.startsWith("network/") || name.charAt(9) !== "/") return undefined;
	const number = name.charCodeAt(8) - 48;
	return number >= 1 && number <= NETWORKS_MAX ? number : undefined;
}

export type Domain = "identity" | "link" | "network";

/** The domain of a name that has a rule. */
export function domainOf(name: string): Domain {
	return name.slice(0, name.indexOf("/")) as Domain;
}

/** All names that there are, sorted. */
export function recordNames(): string[] {
	const names = Object.keys(rules);
	for (let number = 1; number <= NETWORKS_MAX; number++)
		for (const field of Object.keys(networkRules)) names.push(`network/${number}/${field}`);
	return names.sort();
}

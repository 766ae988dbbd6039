// The rows of the emulated chip: RISC-V (RV32IMC, as an ESP32-C3), board chip-c3. The anchor is a spike that ran XS, lwIP,
// mbedTLS and a minimal MQTT client there: no vault, no thing model, no updates.
import { type Group, higher, lower, type Row } from "../row";

const KB = 1024;

/** What nobody measures again. */
export const spikeName = "spike";

/** Row by row: the spike's figure. Its image had 578 KB of code and 90 KB of ROM. */
export const spike: Readonly<Record<string, number>> = {
	"chip/image": 668_000,
	"chip/loader": 11_600,
	"chip/ram": 98 * KB,
	"chip/burn": 754_000 / 8.6,
	"chip/instructions/start": 43_000,
	"chip/instructions/connect-rsa-x25519": 41_500_000,
	"chip/instructions/connect-rsa-p256": 47_000_000,
	"chip/instructions/connect-ecdsa-p256": 120_000_000,
	"chip/instructions/publish-tls": 151_000,
};

/** "The whole reference firmware in 1.15 × what the spike takes." */
const allowed = (name: string): number => Math.round(1.15 * (spike[name] ?? 0));

const instructions = (name: string, label: string, missed?: string): Row => {
	const row = `chip/instructions/${name}`;
	return lower(row, label, "instructions", spike[row] === undefined ? null : allowed(row), missed);
};

const everything =
	"the reference firmware has all five ways to be somebody, Wi-Fi, the console, updates and the factory's import; a product includes what it uses";

const longRecords =
	"12 KB of it wait for a record of 16 KB, which a server may send that doesn't agree to less; built for records of 4 KB the sum is 129,204";

export const chipGroups: readonly Group[] = [
	{
		title: "On the emulated chip: image of the reference firmware",
		rows: [
			lower("chip/image", "all of it", "bytes", 1024 * KB, everything),
			lower("chip/image/engine", "  engine (XS)", "bytes", null),
			lower("chip/image/c", "  C libraries", "bytes", null),
			lower("chip/image/tls", "  TLS (mbedTLS)", "bytes", null),
			lower("chip/image/tcp-ip", "  TCP/IP (lwIP)", "bytes", null),
			lower("chip/image/own", "  our C", "bytes", null),
			lower("chip/image/byte-code", "  byte code", "bytes", null),
			lower("chip/image/objects", "  ROM: objects, names, strings", "bytes", null),
			lower("chip/image/rest", "  certificates, header, padding", "bytes", null),
			lower("chip/loader", "boot loader", "bytes", null),
		],
	},
	{
		title: "On the emulated chip: RAM of the reference firmware, connected over TLS (the most that each had)",
		rows: [
			lower("chip/ram", "all of it", "bytes", 128 * KB, longRecords),
			lower("chip/ram/c-stack", "  C stack, as deep as it went", "bytes", null),
			lower("chip/ram/variables", "  variables of C: lwIP's packets, ours", "bytes", null),
			lower("chip/ram/js-stack", "  JavaScript stack", "bytes", null),
			lower("chip/ram/slots", "  slots", "bytes", null),
			lower("chip/ram/chunks", "  chunks", "bytes", null),
			lower("chip/ram/heap", "  C heap: TLS, sockets, XS's tables", "bytes", null),
		],
	},
	{
		title: "On the emulated chip: instructions",
		rows: [
			instructions("start", "reset to a machine ready for JavaScript"),
			instructions("start-main", "  to the reference firmware's first statement, all its imports linked"),
			instructions("connect-rsa-x25519", "connect, ECDHE-RSA, X25519"),
			instructions("connect-rsa-p256", "connect, ECDHE-RSA, P-256"),
			instructions("connect-ecdsa-p256", "connect, ECDHE-ECDSA, P-256"),
			instructions("connect-resumed", "connect, TLS resumed"),
			instructions("connect-plain", "connect, plain"),
			instructions("publish-tls", "publish, TLS"),
			instructions("publish-plain", "publish, plain"),
			instructions("loader", "boot loader: a byte read, hashed and copied"),
		],
	},
	{
		title: "On the emulated chip: time (this machine's)",
		rows: [
			lower("chip/start-to-line", "emulator's start to the firmware's first line, by the loader", "ms", null),
			higher("chip/burn", "burning an image over its line", "bytes/s", null),
		],
	},
];

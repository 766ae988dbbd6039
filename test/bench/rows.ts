// The rows of the bench, as data: name (never changes), unit, aim and where the aim comes from.

import { chipGroups } from "./chip/rows";
import { type Group, higher, lower, type Row } from "./row";

const KB = 1024;

const fragments =
	"the server agrees to max_fragment_length, which saves a device 12 KB of RAM: 5 bytes, and 16 more in a session ticket";

const everyName = "eight bytes a record, so that no name has to be looked for in the flash: 2 KB of it";

const everyWay =
	"the reference firmware has all five ways, Wi-Fi, the console and the factory's import; a product includes what it uses";

export const groups: readonly Group[] = [
	{
		title: "Bytes on the wire (TCP payload)",
		rows: [
			lower("wire/connect-plain/out", "connect, plain: sent", "bytes", 203),
			lower("wire/connect-plain/in", "connect, plain: received", "bytes", 4),
			lower("wire/connect-tls/out", "connect, TLS 1.2: sent", "bytes", 576),
			lower("wire/connect-tls/in", "connect, TLS 1.2: received", "bytes", 1637, fragments),
			lower("wire/connect-resumed/out", "connect, TLS resumed: sent", "bytes", 700),
			lower("wire/connect-resumed/in", "connect, TLS resumed: received", "bytes", 174, fragments),
			lower("wire/publish-plain/out", "publish, plain: sent", "bytes", 152),
			lower("wire/publish-plain/in", "PUBACK, plain: received", "bytes", 4),
			lower("wire/publish-tls/out", "publish, TLS: sent", "bytes", 181),
			lower("wire/publish-tls/in", "PUBACK, TLS: received", "bytes", 33),
		],
	},
	{
		title: "Instructions (callgrind, user space; publish = a QoS 1 round trip)",
		rows: [
			lower("instructions/publish-plain", "publish, plain", "instructions", 45_000),
			lower("instructions/publish-tls", "publish, TLS", "instructions", 70_000),
			lower("instructions/handshake", "TLS handshake and verification", "instructions", null),
			lower("instructions/reconnect-resumed", "TLS resumed: connect and one publish", "instructions", null),
			lower("instructions/start", "start to connected, plain", "instructions", null),
		],
	},
	{
		title: "System calls per QoS 1 round trip (strace)",
		rows: [
			lower("calls/publish-plain", "publish, plain", "calls", 5),
			lower("calls/publish-tls", "publish, TLS", "calls", 5),
		],
	},
	{
		title: "Sequential QoS 1 round trips, client and broker on one core",
		rows: [higher("rate/plain", "plain", "round trips/s", 15_000), higher("rate/tls", "TLS", "round trips/s", 10_000)],
	},
	{
		title: "Process start to the first acknowledged publish",
		rows: [
			lower("boot/plain", "plain", "ms", 10),
			lower("boot/tls", "TLS", "ms", 15),
			lower("boot/resumed", "TLS resumed", "ms", 12),
		],
	},
	{
		title: "Vault (encrypted, 128 KB of flash)",
		rows: [
			lower("vault/ready", "process start to credentials, a burned device", "ms", null),
			lower("vault/ready-full", "the same with 200 more records", "ms", null),
			lower("vault/ram", "RAM while it's open, 32 bit, a burned device", "bytes", 4 * KB),
			lower("vault/ram-full", "  with all 256 records", "bytes", 4 * KB, everyName),
			lower("vault/amplification-4", "bytes programmed for one given: values of 4 bytes", "×", null),
			lower("vault/amplification-64", "  of 64 bytes", "×", null),
			lower("vault/amplification-1024", "  of 1,024 bytes", "×", null),
		],
	},
	{
		title: "RAM of a connected device, 32 bit, beside built-ins and preloaded modules (on a chip: in flash)",
		rows: [
			lower("ram/total", "TLS, in all", "bytes", 70 * KB),
			lower("ram/slots", "  our slots", "bytes", null),
			lower("ram/chunks", "  our chunks", "bytes", null),
			lower("ram/stack", "  XS stack", "bytes", null),
			lower("ram/tls", "  TLS", "bytes", null),
			lower("ram/c", "  C: sockets, timers, XS's tables", "bytes", null),
			lower("ram/tls-peak", "TLS's heap in the handshake, peak", "bytes", null),
			lower("ram/plain", "plain, in all", "bytes", null),
			lower("ram/reference", "reference firmware over TLS, in all", "bytes", 128 * KB),
			lower("ram/built-ins", "ROM: built-ins, preloaded modules", "bytes", null),
		],
	},
	{
		title: "Byte code of the firmware",
		rows: [
			lower("code/total", "reference firmware, in all", "bytes", 150 * KB, everyWay),
			lower("code/image", "its image file", "bytes", null),
		],
	},
	...chipGroups,
];

/** The row of one capability's byte code: which there are is the firmware's own affair. */
export const capabilityRow = (capability: string): Row => lower(`code/${capability}`, `  ${capability}`, "bytes", null);

export const fixedRows: readonly Row[] = groups.flatMap((group) => group.rows);

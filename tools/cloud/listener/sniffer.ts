import type { Duplex } from "node:stream";

/** What the first bytes of a connection say it speaks. */
export type Protocol = "tls" | "mqtt" | "http-get" | "http-post" | "http2" | "unknown";

/** The most bytes needed to tell. */
const NEEDED = 5;

/**
 * The protocol by the first bytes, or undefined when more are needed. TLS is a handshake record (0x16 0x03), MQTT a
 * CONNECT packet (0x10), HTTP/2 its preface `PRI `.
 */
export function protocolOf(head: Uint8Array): Protocol | undefined {
	const first = head[0];
	if (first === undefined) return undefined;
	if (first === 0x16) return head.length < 2 ? undefined : head[1] === 0x03 ? "tls" : "unknown";
	if (first === 0x10) return "mqtt";
	for (const [word, protocol] of WORDS) {
		const length = Math.min(word.length, head.length);
		if (Buffer.from(head.buffer, head.byteOffset, length).toString("latin1") === word.slice(0, length)) {
			return head.length < word.length ? undefined : protocol;
		}
	}
	return "unknown";
}

const WORDS: readonly (readonly [string, Protocol])[] = Object.freeze([
	["GET ", "http-get"],
	["POST ", "http-post"],
	["PRI ", "http2"],
] as (readonly [string, Protocol])[]);

/**
 * Waits for the first bytes and answers the protocol, with nothing consumed from the stream. `undefined` when the
 * connection ended, or said nothing for `timeout` ms (real time: it guards the process, not a rule of the platform).
 */
export function sniff(stream: Duplex, timeout: number): Promise<Protocol | undefined> {
	return new Promise((resolve) => {
		let head = Buffer.alloc(0);
		const finish = (protocol: Protocol | undefined) => {
			clearTimeout(timer);
			stream.off("readable", read);
			stream.off("end", ended);
			stream.off("close", ended);
			if (head.length > 0 && !stream.destroyed) stream.unshift(head);
			resolve(protocol);
		};
		const ended = () => finish(undefined);
		const read = () => {
			for (let chunk: Buffer | null = stream.read(); chunk !== null; chunk = stream.read()) {
				head = Buffer.concat([head, chunk]);
				const protocol = protocolOf(head.subarray(0, NEEDED));
				if (protocol !== undefined) return finish(protocol);
			}
		};
		const timer = setTimeout(ended, timeout);
		stream.on("readable", read);
		stream.on("end", ended);
		stream.on("close", ended);
	});
}

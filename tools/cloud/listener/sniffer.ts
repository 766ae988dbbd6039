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
 * connection ended, or said nothing for `timeout` ms.
 */
export function sniff(stream: Duplex, timeout: number): Promise<Protocol | undefined> {
	let head = Buffer.alloc(0);
	return peek(stream, timeout, (chunk) => {
		head = Buffer.concat([head, chunk.subarray(0, NEEDED - head.length)]);
		return protocolOf(head);
	});
}

/**
 * Shows `look` what comes, chunk by chunk, until it answers; then puts all of it back, as if nothing had been read.
 * `undefined` when the connection ended or `timeout` ms passed before (real time: it guards the process, not a rule of the
 * platform).
 */
export function peek<T extends NonNullable<unknown>>(
	stream: Duplex,
	timeout: number,
	look: (chunk: Buffer) => T | undefined,
): Promise<T | undefined> {
	return new Promise((resolve) => {
		const seen: Buffer[] = [];
		const finish = (answer: T | undefined) => {
			clearTimeout(timer);
			stream.off("readable", read);
			stream.off("end", ended);
			stream.off("close", ended);
			if (seen.length > 0 && !stream.destroyed && !stream.readableEnded) stream.unshift(Buffer.concat(seen));
			resolve(answer);
		};
		const ended = () => finish(undefined);
		const read = () => {
			for (let chunk: Buffer | null = stream.read(); chunk !== null; chunk = stream.read()) {
				seen.push(chunk);
				const answer = look(chunk);
				if (answer !== undefined) return finish(answer);
			}
		};
		const timer = setTimeout(ended, timeout);
		stream.on("readable", read);
		stream.on("end", ended);
		stream.on("close", ended);
	});
}

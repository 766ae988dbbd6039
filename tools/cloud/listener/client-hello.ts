/**
 * Reads a TLS ClientHello (RFC 8446, 4.1.2; RFC 6066, 3) before the handshake starts: who asks for whom decides which
 * TLS server answers. Only what that needs is read; the TLS library judges the rest.
 */

/** What a ClientHello says about the server it wants. */
export interface ClientHello {
	/** The host name (SNI), in lower case; none when the client named none. */
	serverName: string | undefined;
	/** The cipher suites offered, by their numbers. */
	suites: readonly number[];
}

/** More bytes are needed, or this will never be a ClientHello. */
export type HelloState = ClientHello | "more" | "malformed";

/** The longest ClientHello taken, bytes: one record's worth. Those with post-quantum keys have about 2 KB. */
const MESSAGE_MAX = 16_384;
/** Records a ClientHello may come in: a client that limits its fragments sends a few. */
const RECORDS_MAX = 64;
const RECORD_HEADER = 5;
const MESSAGE_HEADER = 4;

/** Takes a connection's first bytes as they come, however they were cut: across packets, and across TLS records. */
export class ClientHelloReader {
	#header = Buffer.alloc(0);
	#left = 0;
	#records = 0;
	#message = Buffer.alloc(0);

	push(chunk: Uint8Array): HelloState {
		for (let at = 0; at < chunk.length; ) {
			if (this.#left === 0) {
				const taken = Math.min(RECORD_HEADER - this.#header.length, chunk.length - at);
				this.#header = Buffer.concat([this.#header, chunk.subarray(at, at + taken)]);
				at += taken;
				if (this.#header.length < RECORD_HEADER) break;
				if (!this.#openRecord()) return "malformed";
				continue;
			}
			const taken = Math.min(this.#left, chunk.length - at);
			this.#message = Buffer.concat([this.#message, chunk.subarray(at, at + taken)]);
			this.#left -= taken;
			at += taken;
			const state = this.#read();
			if (state !== "more") return state;
		}
		return "more";
	}

	#openRecord(): boolean {
		const length = this.#header.readUInt16BE(3);
		const handshake = this.#header[0] === 22 && this.#header[1] === 3;
		this.#header = Buffer.alloc(0);
		this.#left = length;
		return handshake && length > 0 && length <= MESSAGE_MAX && ++this.#records <= RECORDS_MAX;
	}

	#read(): HelloState {
		const message = this.#message;
		if (message.length === 0) return "more";
		if (message[0] !== 1) return "malformed";
		if (message.length < MESSAGE_HEADER) return "more";
		const end = MESSAGE_HEADER + message.readUIntBE(1, 3);
		if (end > MESSAGE_MAX) return "malformed";
		if (message.length < end) return "more";
		return readHello(new Reader(message.subarray(MESSAGE_HEADER, end))) ?? "malformed";
	}
}

/** Reads fields one after the other; past the end it answers nothing more, ever. */
class Reader {
	readonly #bytes: Buffer;
	#at = 0;

	constructor(bytes: Buffer) {
		this.#bytes = bytes;
	}

	get done(): boolean {
		return this.#at >= this.#bytes.length;
	}

	bytes(length: number | undefined): Buffer | undefined {
		if (length === undefined || this.#at + length > this.#bytes.length) {
			this.#at = Number.POSITIVE_INFINITY;
			return undefined;
		}
		this.#at += length;
		return this.#bytes.subarray(this.#at - length, this.#at);
	}

	number(size: 1 | 2): number | undefined {
		return this.bytes(size)?.readUIntBE(0, size);
	}

	/** A field with its length before it. */
	vector(lengthSize: 1 | 2): Buffer | undefined {
		return this.bytes(this.number(lengthSize));
	}
}

function readHello(hello: Reader): ClientHello | undefined {
	hello.bytes(2 + 32);
	hello.vector(1);
	const suiteBytes = hello.vector(2);
	const compression = hello.vector(1);
	if (!suiteBytes || !compression || suiteBytes.length % 2 !== 0) return undefined;
	const suites: number[] = [];
	for (let i = 0; i < suiteBytes.length; i += 2) suites.push(suiteBytes.readUInt16BE(i));
	// A ClientHello without extensions ends here.
	if (hello.done) return { serverName: undefined, suites };
	const extensions = hello.vector(2);
	if (!extensions) return undefined;
	let serverName: string | undefined;
	for (const list = new Reader(extensions); !list.done; ) {
		const type = list.number(2);
		const data = list.vector(2);
		if (type === undefined || !data) return undefined;
		if (type === 0) serverName = readServerName(new Reader(data));
	}
	return { serverName, suites };
}

/** The first host name of a server_name extension. */
function readServerName(extension: Reader): string | undefined {
	const list = extension.vector(2);
	if (!list) return undefined;
	for (const names = new Reader(list); !names.done; ) {
		const type = names.number(1);
		const name = names.vector(2);
		if (type === 0 && name) return name.toString("latin1").toLowerCase();
	}
	return undefined;
}

/** Suites where both sides hold a key and no certificate is shown: PSK and ECDHE_PSK, not RSA_PSK (RFC 4279, 5487, 5489, 7905). */
const SHARED_KEY_SUITES: ReadonlySet<number> = new Set([
	0x2c, 0x8a, 0x8b, 0x8c, 0x8d, 0xa8, 0xa9, 0xae, 0xaf, 0xb0, 0xb1, 0x8e, 0x8f, 0x90, 0x91, 0xaa, 0xab, 0xb2, 0xb3,
	0xb4, 0xb5, 0xc033, 0xc034, 0xc035, 0xc036, 0xc037, 0xc038, 0xccab, 0xccac, 0xccad, 0xd001, 0xd002, 0xd005,
]);
/** Signals that stand among the suites and are none: renegotiation (RFC 5746), fallback (RFC 7507), GREASE (RFC 8701). */
const isSignal = (suite: number) => suite === 0xff || suite === 0x5600 || (suite & 0x0f0f) === 0x0a0a;

/**
 * Whether a client can only be served with a key that both sides hold. Suites of TLS 1.3 (0x13xx) say nothing: a client
 * offers them beside the others. One that offers certificates as well (Alibaba's C SDK offers both) gets the certificate.
 */
export function wantsSharedKey({ suites }: ClientHello): boolean {
	const telling = suites.filter((suite) => !isSignal(suite) && suite >> 8 !== 0x13);
	return telling.length > 0 && telling.every((suite) => SHARED_KEY_SUITES.has(suite));
}

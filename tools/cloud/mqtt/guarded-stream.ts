import { Duplex } from "node:stream";

/** The largest MQTT packet taken, bytes: the platform's 256 KB of payload, a topic and the headers. */
export const PACKET_MAX = 256 * 1024 + 1024;
/** The largest first packet: a CONNECT with all its fields. */
export const CONNECT_MAX = 4096;

/** Told about a connection's packets by their headers alone. */
export interface PacketWatch {
	/** A complete control packet of this type (1 to 14) came in. */
	onPacket(type: number): void;
	/** A packet is larger than allowed; the stream is being destroyed. */
	onTooLarge(size: number): void;
}

/**
 * A connection that looks at the fixed header of every MQTT packet passing in, because the packet parser behind it
 * would buffer whatever length a client announces (up to 256 MB).
 */
export class GuardedStream extends Duplex {
	readonly #inner: Duplex;
	#watch: PacketWatch | undefined;
	#limit = CONNECT_MAX;
	/** Bytes of the present packet's body still to come. */
	#body = 0;
	/** Bytes of the fixed header seen: 0 before a packet, then the type byte and up to four length bytes. */
	#header = 0;
	#length = 0;
	#type = 0;

	constructor(inner: Duplex) {
		super({ allowHalfOpen: false });
		this.#inner = inner;
		inner.on("data", (chunk: Buffer) => {
			if (!this.#check(chunk)) return;
			if (!this.push(chunk)) inner.pause();
		});
		inner.on("end", () => this.push(null));
		inner.on("error", (error) => this.destroy(error));
		inner.on("close", () => this.destroy());
		inner.pause();
	}

	/** Starts telling; larger packets are taken once the client is in. */
	watch(watch: PacketWatch): void {
		this.#watch = watch;
	}

	/** The client was admitted: packets may have the full size. */
	admitted(): void {
		this.#limit = PACKET_MAX;
	}

	override _read(): void {
		this.#inner.resume();
	}

	override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
		this.#send(chunk, done);
	}

	/** A packet comes in several pieces: they leave as one segment, and as one TLS record. */
	override _writev(pieces: { chunk: Buffer }[], done: () => void): void {
		this.#send(Buffer.concat(pieces.map(({ chunk }) => chunk)), done);
	}

	override _final(done: () => void): void {
		this.#inner.end(done);
	}

	override _destroy(error: Error | null, done: (error: Error | null) => void): void {
		// Flushes what was written (a CONNACK with the reason), then closes.
		this.#inner.end();
		setTimeout(() => this.#inner.destroy(), 100).unref();
		done(error);
	}

	#send(bytes: Buffer, done: () => void): void {
		if (this.#inner.write(bytes) || this.#inner.destroyed) done();
		else this.#inner.once("drain", done);
	}

	#check(chunk: Buffer): boolean {
		let at = 0;
		while (at < chunk.length) {
			if (this.#body > 0) {
				const part = Math.min(this.#body, chunk.length - at);
				this.#body -= part;
				at += part;
				if (this.#body === 0) this.#watch?.onPacket(this.#type);
				continue;
			}
			const byte = chunk[at++] ?? 0;
			if (this.#header++ === 0) {
				this.#length = 0;
				this.#type = byte >> 4;
				continue;
			}
			this.#length += (byte & 0x7f) * 128 ** (this.#header - 2);
			if (byte >= 0x80 && this.#header < 5) continue;
			this.#header = 0;
			if (byte >= 0x80 || this.#length > this.#limit) {
				this.#watch?.onTooLarge(this.#length);
				this.destroy();
				return false;
			}
			this.#body = this.#length;
			if (this.#body === 0) this.#watch?.onPacket(this.#type);
		}
		return true;
	}
}

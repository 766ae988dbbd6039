import type { Packet, UDPOptions } from "embedded:io/socket/udp";
import { addressOf, checkOptions, checkPort, isAddress } from "hal/socket-options";
// biome-ignore lint/style/useNodejsImportProtocol: the SDK's module, not Node's.
import Net from "net";

/** The longest payload over IPv4. */
const longestPacket = 65_507;
/** Packets that wait for a name's address; more are lost, as packets may be. */
const mostWaiting = 8;

class ResolveError extends Error {
	override readonly name = "UDPError";
	readonly code = "resolve";
	readonly retry = "later";
	readonly detail: string;

	constructor(host: string) {
		super(`resolve: ${host}`);
		this.detail = host;
	}
}

interface Waiting {
	readonly bytes: Uint8Array;
	readonly port: number;
}

/** The SDK's UDP socket, which knows addresses only, with names. `address` is checked, but the SDK binds to all of them. */
export default class UDP extends Native("xs_udp_destructor") {
	target: unknown;
	#open = true;
	#onError: UDPOptions["onError"];
	/** By name, in the order of writing. */
	#waiting = new Map<string, Waiting[]>();

	constructor(options: UDPOptions = {}) {
		super();
		checkOptions(options, "onReadable", "onError");
		const { port, address, multicast, timeToLive, format } = options;
		if (port !== undefined) checkPort(port, 0);
		if (address !== undefined && !isAddress(address)) throw new RangeError("address: no address");
		if (format !== undefined && format !== "buffer") throw new RangeError('format: "buffer"');
		if (multicast !== undefined && !(isAddress(multicast) && timeToLive !== undefined))
			throw new RangeError("multicast: a group's address and timeToLive are needed");
		this.#onError = options.onError;
		native("xs_udp_constructor").call(this, options);
	}

	close(): void {
		if (!this.#open) return;
		this.#open = false;
		this.#waiting.clear();
		native("xs_udp_close").call(this);
	}

	read(): Packet | undefined {
		if (!this.#open) throw new Error("socket is closed");
		return native("xs_udp_read").call(this);
	}

	write(buffer: ByteBuffer, address: string, port: number): void {
		if (!this.#open) throw new Error("socket is closed");
		const size: unknown = (buffer as ByteBuffer | undefined)?.byteLength;
		if (typeof size !== "number") throw new TypeError("write: a buffer is needed");
		if (size > longestPacket) throw new RangeError(`write: at most ${longestPacket} bytes`);
		checkPort(port, 1);
		const known = addressOf(address);
		if (known === undefined) this.#resolve(buffer, address, port);
		else native("xs_udp_write").call(this, buffer, known, port);
	}

	#resolve(buffer: ByteBuffer, name: string, port: number): void {
		const bytes = ArrayBuffer.isView(buffer)
			? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength).slice()
			: new Uint8Array(buffer).slice();
		const waiting = this.#waiting.get(name);
		if (waiting) {
			if (waiting.length < mostWaiting) waiting.push({ bytes, port });
			return;
		}
		this.#waiting.set(name, [{ bytes, port }]);
		Net.resolve(name, (_name, address) => this.#resolved(name, address));
	}

	#resolved(name: string, address: string | undefined): void {
		const packets = this.#waiting.get(name) ?? [];
		this.#waiting.delete(name);
		if (!this.#open) return;
		if (address === undefined) {
			this.#onError?.call(this, new ResolveError(name));
			return;
		}
		try {
			for (const { bytes, port } of packets) native("xs_udp_write").call(this, bytes, address, port);
		} catch {
			// A packet that can't be sent is lost; thrown here it would end the machine.
		}
	}

	get format(): "buffer" {
		return "buffer";
	}

	set format(value: "buffer") {
		if (value !== "buffer") throw new RangeError('format: "buffer"');
	}
}

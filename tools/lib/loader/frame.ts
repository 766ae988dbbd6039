// Frames of the boot loader's protocol: hal/BURN.md, section 2.
import { crc32 } from "../crc32";

export const VERSION = 1;
export const ANSWER = 0x80;
/** Silence that ends an unfinished frame, ms. */
export const GAP = 250;

const START = 0xb5;
const HEADER = 7;
const CRC = 4;
const VERSIONS_MOST = 15;
const PAYLOAD_MOST = 8192;

export interface Frame {
	readonly version: number;
	readonly type: number;
	readonly id: number;
	readonly payload: Buffer;
}

export function frameOf(type: number, id: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
	const bytes = Buffer.alloc(HEADER + payload.length + CRC);
	bytes.set([START, VERSION, type]);
	bytes.writeUInt16BE(id, 3);
	bytes.writeUInt16BE(payload.length, 5);
	bytes.set(payload, HEADER);
	bytes.writeUInt32BE(crc32(bytes.subarray(1, HEADER + payload.length)), HEADER + payload.length);
	return bytes;
}

/** Finds frames in what comes; what makes none is passed over, byte by byte. */
export class LoaderDeframer {
	#bytes = Buffer.alloc(0);

	push(bytes: Uint8Array): void {
		this.#bytes = Buffer.concat([this.#bytes, bytes]);
	}

	/** Whether a frame has begun. */
	get inFrame(): boolean {
		return this.#bytes.length > 0;
	}

	/** What was begun is no frame after all. */
	cut(): void {
		this.#bytes = this.#bytes.subarray(1);
	}

	next(): Frame | undefined {
		for (;;) {
			const start = this.#bytes.indexOf(START);
			this.#bytes = start < 0 ? Buffer.alloc(0) : this.#bytes.subarray(start);
			const bytes = this.#bytes;
			if (bytes.length < HEADER) return undefined;
			const version = bytes.readUInt8(1);
			const size = bytes.readUInt16BE(5);
			if (version === 0 || version > VERSIONS_MOST || size > PAYLOAD_MOST) {
				this.cut();
				continue;
			}
			const end = HEADER + size;
			if (bytes.length < end + CRC) return undefined;
			if (bytes.readUInt32BE(end) !== crc32(bytes.subarray(1, end))) {
				this.cut();
				continue;
			}
			this.#bytes = bytes.subarray(end + CRC);
			const payload = Buffer.from(bytes.subarray(HEADER, end));
			return { version, type: bytes.readUInt8(2), id: bytes.readUInt16BE(3), payload };
		}
	}
}

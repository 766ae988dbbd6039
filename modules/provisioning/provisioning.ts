import type Serial from "embedded:io/serial";
import type { SerialOptions } from "embedded:io/serial";
import { restart, ticks } from "hal/system";
import Timer from "hal/timer";
import type Log from "log/log";
import Core, { type Info, type Records } from "./core";
import type { IdentityKind } from "./replace";

export type { Info, Records } from "./core";
export { ProvisioningError, type ProvisioningErrorCode } from "./error";
export type { IdentityKind } from "./replace";

export interface ProvisioningOptions {
	readonly serial: {
		/** The class of `embedded:io/serial`. */
		readonly io: new (
			options: SerialOptions,
		) => Serial;
		/** Default `"console"`: the second UART. */
		readonly port?: number | string;
		/** Default 115,200. */
		readonly baud?: number;
		/** Pins, where the platform has a choice. */
		readonly receive?: number;
		readonly transmit?: number;
	};
	/** The vault. */
	readonly records: Records;
	/** What the device tells of itself. */
	readonly info: Info;
	readonly log: Log;
	/** Nothing may be written any more; default: everything may, by whoever has the cable. */
	readonly locked?: () => boolean;
	/** Records were written; for an identity with its kind. The host goes on: it proves them and asks for a restart. */
	onWritten?(kind: IdentityKind | undefined): void;
	/**
	 * Records were written, and the host has said nothing for five seconds, nor has it asked for a restart: it was
	 * unplugged. The device may go on with them.
	 */
	onProvisioned?(): void;
	/** Instead of `restart()` of `hal/system`, when the host asks for a restart. */
	onRestart?(): void;
}

const BAUD = 115_200;
/** What the smallest UART takes at once. */
const PIECE = 64;
/** Milliseconds from a refused write to the next try. */
const RETRY = 10;
/** The answer's way out of the UART, before a restart. Milliseconds. */
const DRAIN = 100;

/**
 * The console protocol on the second UART (PROTOCOL.md): a host writes who this device is, its networks and where its
 * cloud is, and has it proved. Listens until `close()`.
 */
export default class Provisioning {
	#options: ProvisioningOptions;
	#core: Core;
	#serial: Serial | undefined;
	#timer: Timer | undefined;
	#drain: Timer | undefined;
	/** What of an answer is to be sent yet. */
	#rest: Uint8Array | undefined;
	#retry: Timer | undefined;

	/** @throws {Error} when the port is in use, or the platform has none. */
	constructor(options: ProvisioningOptions) {
		this.#options = options;
		const { serial, records, info, log, locked } = options;
		const { io, port = "console", baud = BAUD, ...pins } = serial;
		this.#core = new Core({
			records,
			info,
			...(locked && { locked }),
			events: {
				onSend: (bytes) => {
					this.#rest = bytes;
					this.pump();
				},
				onCommit: (kind) => {
					log.info(`records written${kind ? `, identity: ${kind}` : ""}`);
					options.onWritten?.(kind);
				},
				onProvisioned: () => {
					options.onProvisioned?.();
				},
				onRestart: () => {
					// A repeat of the request adds nothing.
					if (this.#drain) return;
					log.info("restart");
					this.#drain = Timer.set(() => this.restart(), DRAIN);
				},
				onRefused: ({ message }) => {
					log.warn(`refused: ${message}`);
				},
			},
		});
		this.#serial = new io({
			port,
			baud,
			...pins,
			format: "buffer",
			onReadable: () => this.read(),
			onWritable: () => this.proceed(),
		});
	}

	/** The port is free again, what was received is wiped. A second close is harmless. */
	close(): void {
		this.#serial?.close();
		this.#serial = undefined;
		this.#rest = undefined;
		this.#core.close();
		Timer.clear(this.#timer);
		Timer.clear(this.#drain);
		Timer.clear(this.#retry);
		this.#timer = undefined;
		this.#retry = undefined;
		this.#drain = undefined;
	}

	private proceed(): void {
		this.pump();
		this.read();
	}

	private read(): void {
		for (;;) {
			const serial = this.#serial;
			if (!serial) return;
			const space = this.#core.space(Number.MAX_SAFE_INTEGER);
			// An answer is on its way: see pump.
			if (space.length === 0) break;
			const count = serial.read(space);
			if (!count) break;
			this.#core.filled(count, ticks());
		}
		this.schedule();
	}

	private pump(): void {
		Timer.clear(this.#retry);
		this.#retry = undefined;
		while (this.#rest) {
			const piece = this.#rest.subarray(0, PIECE);
			try {
				this.#serial?.write(piece);
			} catch {
				// No room: onWritable tells when there is; not every platform does so after each refusal.
				this.#retry = Timer.set(() => this.proceed(), RETRY);
				return;
			}
			this.#rest = piece.length < this.#rest.length ? this.#rest.subarray(piece.length) : undefined;
			if (!this.#rest) this.#core.sent(ticks());
		}
	}

	private schedule(): void {
		Timer.clear(this.#timer);
		this.#timer = undefined;
		const at = this.#core.wakeAt;
		if (at === undefined || !this.#serial) return;
		this.#timer = Timer.set(
			() => {
				this.#timer = undefined;
				this.#core.wake(ticks());
				this.read();
			},
			Math.max(0, at - ticks()),
		);
	}

	private restart(): void {
		this.#drain = undefined;
		const { onRestart } = this.#options;
		if (onRestart) onRestart();
		else restart("provisioning");
	}
}

// The device itself: reset and its reason, last words, watchdog, identity of the chip, clocks, memory.

import type { Bytes, Key } from "hal/crypto";

/** Why the device started. */
export type ResetReason = "power-on" | "software" | "watchdog" | "exception" | "memory" | "stack" | "unknown";

/** Use of memory, in bytes unless it says otherwise. Figures that a platform doesn't know are 0. */
export interface Memory {
	/** Slots in use (objects, properties); exact after a collection. */
	readonly slots: number;
	/** Chunks in use (strings, buffers). */
	readonly chunks: number;
	/** The most that slots took since the start. */
	readonly slotsPeak: number;
	/** The most that chunks took since the start. */
	readonly chunksPeak: number;
	/** Size of the XS stack, and the deepest it was. */
	readonly stack: number;
	readonly stackPeak: number;
	/** Heap that C holds outside XS (TLS), and the most it held. */
	readonly native: number;
	readonly nativePeak: number;
	/** What the C heap has left, all of it and its largest block, where the heap has an end; not in last words. */
	readonly heapFree?: number;
	readonly heapLargest?: number;
	/** Number of collections since the start (modulo 65,536). */
	readonly collections: number;
}

/** What was kept of a run that a reset ended. */
export interface LastWords {
	readonly reason: ResetReason;
	/** The exception's message, the reason given to `restart`, or what memory ran out. */
	readonly message: string;
	/** The JavaScript stack, innermost first, one line a frame; empty when there was none. */
	readonly stack: string;
	/** The last lines of the log (up to eight), oldest first. */
	readonly log: readonly string[];
	readonly memory: Memory;
	/** How long that run lasted, ms. */
	readonly uptime: number;
}

/** Why this run began. (A function: a preloaded module can't hold what is known only at the start.) */
export function resetReason(): ResetReason;

/** Reset the device with reason `"software"`. Nothing after the call runs. `reason` is kept as the last words' message. */
export function restart(reason?: string): never;

/** What the run before this left, `undefined` after power-on. */
export function lastWords(): LastWords | undefined;

/** Put a line into the ring that the last words keep: eight lines, 120 bytes each, longer ones are cut. */
export function note(line: string): void;

/**
 * A reset (reason `"watchdog"`) when it isn't fed in time: also when JavaScript hangs in a loop.
 */
export const watchdog: {
	/** Start it, or start it anew with another time. @throws {RangeError} unless 100 ≤ ms ≤ 600,000. */
	start(ms: number): void;
	/** @throws nothing: feeding a stopped one is no error. */
	feed(): void;
	stop(): void;
};

/** Bytes that no other device has, the same at every start (on ESP32 its MAC address). 6 to 16 bytes. */
export function uniqueId(): Uint8Array<ArrayBuffer>;

/**
 * 32 bytes that only this device can compute, always the same for the same `info`: HMAC-SHA256, over `info`, of a secret in
 * the chip (simulator: in a file beside the flash file). What is encrypted with it is nothing on another device.
 *
 * @throws {Error} when the chip has no such secret; the message says what to burn. hal/README.md has it by platform.
 */
export function deriveKey(info: Bytes): Key;

/** Monotonic milliseconds since some time before the start: only differences mean something. Has a fraction. */
export function ticks(): number;

/** Wall clock, milliseconds since 1970 (UTC); `undefined` while nobody has set it. */
export function time(): number | undefined;

/** Set the wall clock (from NTP or the cloud). It is kept over a reset where the platform can. */
export function setTime(ms: number): void;

/** Use of memory now. Collects garbage first when `collect` is true. */
export function memory(collect?: boolean): Memory;

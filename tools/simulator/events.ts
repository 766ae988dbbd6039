/** Why a device started, as `hal/system` has it. */
export type ResetReason = "power-on" | "software" | "watchdog" | "exception" | "memory" | "stack" | "unknown";

/** Figures of the device's memory: bytes, `collections` a number. */
export interface MemoryFigures {
	readonly slots: number;
	readonly slotsPeak: number;
	readonly chunks: number;
	readonly chunksPeak: number;
	readonly stack: number;
	readonly stackPeak: number;
	/** Heap of our C's objects and of TLS together. */
	readonly native: number;
	readonly nativePeak: number;
	readonly collections: number;
}

/** What the supervisor tells on its events' stream, one JSON line each (hal/simulator/events.h). */
export type SimulatorEvent =
	| {
			/** The image is accepted and its modules are loaded; the main module comes next. */
			readonly event: "boot";
			/** 1 for the first boot. */
			readonly run: number;
			readonly reason: ResetReason;
			readonly pid: number;
			readonly board: string;
			readonly version: string;
			/** The partition that it was booted from. */
			readonly slot: string;
			readonly modules: number;
			readonly preloaded: number;
			/** Bytes of built-ins, preloaded modules and byte code. */
			readonly rom: number;
			/** What that took. */
			readonly microseconds: number;
	  }
	| ({
			readonly event: "reset";
			readonly run: number;
			readonly reason: ResetReason;
			readonly message: string;
			/** Milliseconds since that run's boot. */
			readonly uptime: number;
	  } & MemoryFigures)
	| ({
			readonly event: "memory";
			readonly when: "start" | "now" | "end";
			/** TLS's share of `native`. */
			readonly tls: number;
			readonly tlsPeak: number;
			/** XS's own C heap. */
			readonly xs: number;
			readonly xsPeak: number;
			readonly rom: number;
	  } & MemoryFigures)
	/** The second UART: a pty's path, or a TCP port. */
	| { readonly event: "serial"; readonly path?: string; readonly port?: number }
	/** Where the radio of --wifi is (ECMA-419's numbers), and the network that it is at or after. */
	| { readonly event: "wifi"; readonly connection: number; readonly ssid: string }
	/** XS's memory is in the file of --heap-file; 0 bytes: it could not be written. */
	| { readonly event: "heap"; readonly bytes: number }
	/** The file of --wifi was changed and read again. */
	| { readonly event: "air"; readonly networks: number }
	/** The power was cut at this flash operation. */
	| { readonly event: "power"; readonly operation: number }
	/** The supervisor waits before it boots a device again that ends at once. */
	| { readonly event: "backoff"; readonly ms: number }
	/** All that was done to the flash in this run of the simulator; before "exit". */
	| {
			readonly event: "flash";
			readonly erases: number;
			readonly programs: number;
			readonly bytes: number;
			/** Bytes whose write wanted to set a bit: the program that did it is wrong. */
			readonly violations: number;
			/** The block with the most erases, and their number. */
			readonly wornBlock: number;
			readonly wear: number;
	  }
	| { readonly event: "exit"; readonly code: number; readonly resets: number; readonly flashOperations: number };

export type EventName = SimulatorEvent["event"];
export type EventOf<N extends EventName> = Extract<SimulatorEvent, { event: N }>;

/** Exit codes of `linkxs-sim run` (hal/simulator/options.h). */
export const exitCodes = {
	stopped: 0,
	failed: 1,
	usage: 2,
	resets: 3,
	powerCut: 4,
	hung: 5,
} as const;

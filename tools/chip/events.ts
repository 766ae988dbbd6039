import type { ResetReason } from "../simulator/events";

/** What an emulated chip tells: told by its console, as a real one's would be, but for "serial". */
export type ChipEvent =
	/** The loader has something to say. */
	| { readonly event: "loader"; readonly text: string }
	/** The image is accepted; the main module comes next. */
	| {
			readonly event: "boot";
			/** 1 for the first boot since the emulator was started. */
			readonly run: number;
			readonly reason: ResetReason;
			readonly board: string;
			readonly version: string;
	  }
	/** The processor was stopped at what it may not do. A reset follows. */
	| { readonly event: "trap"; readonly cause: string; readonly address: string; readonly pc: string }
	| {
			readonly event: "reset";
			readonly run: number;
			readonly reason: ResetReason;
			readonly message: string;
			/** Milliseconds since that run's boot, by the host's clock. */
			readonly uptime: number;
	  }
	/** The power was cut in the middle of a flash operation (option cutPowerAt). */
	| { readonly event: "power" }
	/** The second UART: a pty's path, or a TCP port. */
	| { readonly event: "serial"; readonly path?: string; readonly port?: number };

export type ChipEventName = ChipEvent["event"];

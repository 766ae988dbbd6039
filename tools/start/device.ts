import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Records } from "vault/records";
import { createFlash, writePartition } from "../lib/flash-image";
import type { OnBurn } from "../lib/loader/client";
import { openVault } from "../lib/vault";
import type { SimulatorEnd } from "../simulator/device-process";
import { boot, type Running } from "./boot";
import { burnChip } from "./burn";
import { flashOf } from "./flash";
import type { Platform } from "./options";

export interface DeviceOptions {
	readonly on: Platform;
	readonly state: string;
	readonly board: string;
	readonly deviceName: string;
	/** Writes into its vault who it is and where its cloud is, before it boots. */
	readonly burn: (vault: Records) => Promise<void>;
	readonly instrument: boolean;
	readonly xsbug: string | undefined;
	readonly wifi: string | undefined;
	readonly serial: string | undefined;
	/** Each line of its console, and of the simulator's or emulator's own words. */
	readonly onLine: (line: string) => void;
	/** So much of its image is burned, of all: on a chip. */
	readonly onBurn: OnBurn;
	/** It has booted the image, and its modules are loaded. */
	readonly onBoot?: () => void;
	/** The simulator or emulator ended by itself. */
	readonly onEnd: (end: SimulatorEnd) => void;
}

/** How often the burning of an image is told. */
const STEPS = 5;

/** Tells no more than the steps. */
function inSteps(onBurn: OnBurn): OnBurn {
	let told = -1;
	return (done, total, slot) => {
		const step = Math.floor((STEPS * done) / total);
		if (step === told) return;
		told = step;
		onBurn(done, total, slot);
	};
}

/** One device of `npm start`: its flash stays from run to run, and so does what it has stored. */
export class Device {
	readonly #options: DeviceOptions;
	readonly #flash: string;
	#running: Running | undefined;
	#isBurned = false;
	/** Restarts one after the other, however fast files are saved. */
	#turn: Promise<void> = Promise.resolve();

	constructor(options: DeviceOptions) {
		this.#options = options;
		this.#flash = flashOf(join(options.state, "devices", options.deviceName), options.board);
	}

	get name(): string {
		return this.#options.deviceName;
	}

	/** Writes `image` into the flash and boots; a device that runs is stopped before. */
	start(image: string): Promise<void> {
		const started = this.#turn.then(() => this.#start(image));
		this.#turn = started.catch(() => {}); // The caller is told; the next start is a new try.
		return started;
	}

	async #start(image: string): Promise<void> {
		const { on, board, instrument, xsbug, wifi, serial, onLine, onBoot, onEnd } = this.#options;
		await this.#stop();
		await this.#burnImage(image);
		await this.#burn();
		const running = boot(on, {
			flash: this.#flash,
			board,
			instrument,
			...(xsbug && { xsbug }),
			...(wifi && { wifi }),
			...(serial && { serial }),
		});
		this.#running = running;
		// Its last message may be why it ends, which is told then: it waits until something else comes.
		let message: string | undefined;
		const tell = () => {
			if (message !== undefined) onLine(message);
			message = undefined;
		};
		running.on("line", (line) => {
			tell();
			onLine(line);
		});
		running.on("message", (line) => {
			tell();
			message = line;
		});
		running.on("event", ({ event }) => {
			tell();
			if (event === "boot") onBoot?.();
		});
		const end = (ended: SimulatorEnd) => {
			if (ended.reason !== message) tell();
			if (running === this.#running) onEnd(ended);
		};
		running.ended.then(end, (error: Error) => end({ code: 1, signal: null, reason: error.message }));
	}

	async #burnImage(image: string): Promise<void> {
		const { on, board, onBurn } = this.#options;
		const isNew = !existsSync(this.#flash);
		if (on === "chip") {
			if (isNew) createFlash({ board, path: this.#flash });
			await burnChip(this.#flash, image, inSteps(onBurn));
		} else if (isNew) createFlash({ board, image, path: this.#flash });
		else writePartition(this.#flash, "ota_0", readFileSync(image));
	}

	/** Once: a device that is restarted is who it was. */
	async #burn(): Promise<void> {
		if (this.#isBurned) return;
		const vault = openVault(this.#flash);
		try {
			await this.#options.burn(vault);
			this.#isBurned = true;
		} finally {
			vault.close();
		}
	}

	async #stop(): Promise<void> {
		const running = this.#running;
		this.#running = undefined;
		await running?.stop();
	}

	async stop(): Promise<void> {
		await this.#turn;
		await this.#stop();
	}
}

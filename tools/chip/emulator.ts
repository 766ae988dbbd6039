import { existsSync } from "node:fs";
import type { Duplex } from "node:stream";
import { DeviceProcess, type SimulatorEnd, SimulatorError } from "../simulator/device-process";
import { ChipConsole } from "./console";
import type { ChipEvent } from "./events";
import { burnFuses } from "./flash";
import { machineOf, machines } from "./machines";
import { type EmulatorOptions, missingFile, qemuArguments } from "./qemu";
import { Qmp } from "./qmp";

/** flock's exit code when another one has the flash file. */
const IN_USE = 75;

/**
 * QEMU's UART writes byte by byte and drops what doesn't fit: the socket that Node gives for stdout is full after a few
 * hundred of such pieces, a pipe after 64 KB.
 */
const THROUGH_A_PIPE = 'exec "$@" > >(exec cat 3>&-)';

/** How long QEMU may take to write out and end, ms. */
const QUIT_TIME = 5_000;

interface CharacterDevice {
	readonly label: string;
	readonly filename: string;
}

/** A chip emulated by QEMU, which boots what is in its flash file until it's stopped. The same face as `Simulator`. */
export class Emulator extends DeviceProcess<ChipEvent> {
	readonly options: EmulatorOptions;
	readonly #console = new ChipConsole(() => performance.now());
	readonly #qmp: Qmp;
	#isStopped = false;

	/**
	 * Starts the chip.
	 *
	 * @throws {SimulatorError} "spawn" when flash file or loader isn't there
	 */
	constructor(given: EmulatorOptions) {
		const machine = given.machine ?? (existsSync(given.flash) ? machineOf(given.flash) : undefined);
		const options = { ...given, ...(machine && { machine }) };
		const missing = missingFile(options);
		if (missing) throw new SimulatorError("spawn", missing, "");
		burnFuses(options.flash, options.id);
		const one = ["--no-fork", "--nonblock", "--conflict-exit-code", String(IN_USE), options.flash];
		// Nobody else ends it when this process is killed.
		const ends = ["setpriv", "--pdeathsig", "TERM", "--"];
		const { program } = machines[machine ?? "sifive-u"];
		const command = ["flock", ...one, ...ends, program, ...qemuArguments(options)];
		super("emulator", "bash", ["-c", THROUGH_A_PIPE, "bash", ...command], ["pipe"], true);
		this.options = options;
		this.#qmp = new Qmp(this.child.stdio[3] as Duplex);
		if (options.serial) this.#tellSerial();
	}

	protected override console(line: string): void {
		// QEMU's own, about the pty.
		if (/^char device redirected to /.test(line)) return;
		super.console(line);
		const event = this.#console.hear(line);
		if (event) this.happened(event);
	}

	protected override closed(end: SimulatorEnd): SimulatorEnd {
		if (end.code === IN_USE)
			return { ...end, code: 1, reason: `${this.options.flash} is in use: another emulator runs on it` };
		if (this.#isStopped) return { ...end, code: 0, signal: null };
		// A flawless end that nobody asked for is the guest's reset with noReboot, or QEMU's by a signal.
		return { ...end, reason: end.reason || "the emulator ended by itself" };
	}

	#tellSerial(): void {
		this.#qmp.execute("query-chardev").then(
			(devices) => {
				const name = (devices as CharacterDevice[]).find(({ label }) => label === "second")?.filename ?? "";
				const path = /^pty:(.+)$/.exec(name)?.[1];
				const port = /:(\d+)(,|$)/.exec(name)?.[1];
				// Said on the console, too, as the simulator does.
				super.console(`# serial: ${path ?? `127.0.0.1:${port}`}`);
				if (path !== undefined) this.happened({ event: "serial", path });
				else this.happened({ event: "serial", port: Number(port) });
			},
			() => {}, // It has ended, which is told.
		);
	}

	/** End it cleanly: what the device has written is in the flash file, which is then free for others. */
	override async stop(): Promise<SimulatorEnd> {
		if (this.hasEnded) return this.ended;
		this.#isStopped = true;
		// Asked for by QMP it drains what its flash model has still to write; TERM would do the same, but later than a reset.
		this.#qmp.execute("quit").catch(() => this.child.kill("SIGTERM"));
		const late = setTimeout(() => this.child.kill("SIGKILL"), QUIT_TIME);
		try {
			return await this.ended;
		} finally {
			clearTimeout(late);
		}
	}

	/** Pull the reset line: the device boots again, its RAM as it was. */
	async reset(): Promise<void> {
		await this.#qmp.execute("system_reset");
	}

	/** Stop it and start another one with the same options (and those given). */
	async restart(options: Partial<EmulatorOptions> = {}): Promise<Emulator> {
		await this.stop();
		return new Emulator({ ...this.options, ...options });
	}
}

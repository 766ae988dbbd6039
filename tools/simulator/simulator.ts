import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { SimulatorVariant } from "../build/native";
import { simulatorPath } from "../build/places";
import type { EventName, EventOf, SimulatorEvent } from "./events";

export interface SimulatorOptions {
	/** The flash file; the device writes to it. One device a file. */
	readonly flash: string;
	/** Refuse an image for another board. */
	readonly board?: string;
	/** Default "debug". */
	readonly variant?: SimulatorVariant;
	/** The second UART: "pty", or "tcp:PORT" (0: a free one); the event "serial" tells which. */
	readonly serial?: string;
	/** A radio instead of the cable: the file of the access points, read again when it changes (hal/README.md). */
	readonly wifi?: string;
	/** Where `heap()` has XS's memory written, for a moment. */
	readonly heapFile?: string;
	/** Where Moddable's debugger listens, HOST:PORT (debug and asan builds). */
	readonly xsbug?: string;
	/** The unique id, in hexadecimal (default: made from the flash file's path). */
	readonly id?: string;
	/** The wall clock is not set at power-on. */
	readonly clockUnset?: boolean;
	/** Cut the power at the n-th flash operation: N, N:before, N:after or N:torn (default). */
	readonly cutPowerAt?: string;
	/** Boot again after the cut; without, the simulator ends with exit code 4. */
	readonly restart?: boolean;
	/** End with exit code 3 after more resets than this. */
	readonly resets?: number;
	/** The longest wait, ms, before a boot after quick crashes (default 10,000; 0: none). */
	readonly backoff?: number;
	/** Print figures of memory at start and end. */
	readonly instrument?: boolean;
}

/** How a simulator ended. */
export interface SimulatorEnd {
	/** See `exitCodes` in events.ts; null when a signal ended it. */
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	/** The last line on stderr: why, unless it was stopped. */
	readonly reason: string;
}

export class SimulatorError extends Error {
	override readonly name = "SimulatorError";
	/**
	 * - "ended": it ended before what was waited for came.
	 * - "timeout": what was waited for did not come in time.
	 * - "spawn": the binary can't be run; is it built?
	 */
	readonly code: "ended" | "timeout" | "spawn";
	/** The end of the console. */
	readonly detail: string;

	constructor(code: SimulatorError["code"], message: string, detail: string, options?: ErrorOptions) {
		super(detail ? `${message}\n${detail}` : message, options);
		this.code = code;
		this.detail = detail;
	}
}

interface Emitted {
	/** A line of the device's console. */
	line: [string];
	/** A line of the supervisor's stderr. */
	message: [string];
	event: [SimulatorEvent];
	end: [SimulatorEnd];
}

/** Lines of the console that are kept for error messages and late `line` calls. */
const KEPT = 2000;

/** The arguments of `linkxs-sim run` for options. */
export function runArguments(options: SimulatorOptions): string[] {
	const args = ["run", "--flash", options.flash];
	const valued = {
		"--board": options.board,
		"--serial": options.serial,
		"--wifi": options.wifi,
		"--heap-file": options.heapFile,
		"--xsbug": options.xsbug,
		"--id": options.id,
		"--cut-power-at": options.cutPowerAt,
		"--resets": options.resets?.toString(),
		"--backoff": options.backoff?.toString(),
	};
	for (const [name, value] of Object.entries(valued)) if (value !== undefined) args.push(name, value);
	if (options.clockUnset) args.push("--clock-unset");
	if (options.restart) args.push("--restart");
	if (options.instrument) args.push("--instrument");
	return args;
}

/**
 * What LINKXS_WRAP puts in front of the simulator's command: `LINKXS_WRAP="valgrind -q --trace-children=yes" npm start`.
 */
function wrapped(command: string, args: readonly string[]): [string, string[]] {
	const [program, ...more] = (process.env["LINKXS_WRAP"] ?? "").split(" ").filter(Boolean);
	return program ? [program, [...more, command, ...args]] : [command, [...args]];
}

/** A simulated device: one `linkxs-sim run`, which boots the image in its flash file until it's stopped. */
export class Simulator extends EventEmitter<Emitted> {
	readonly options: SimulatorOptions;
	/** The console's last lines. */
	readonly lines: string[] = [];
	/** All events since the start. */
	readonly events: SimulatorEvent[] = [];
	/** Settles when the process has ended and all its output was read. */
	readonly ended: Promise<SimulatorEnd>;
	readonly #child: ChildProcess;
	#messages: string[] = [];
	#end: SimulatorEnd | undefined;

	/** Starts the device; the variant must be built (tools/build/native.ts `buildSimulator`). */
	constructor(options: SimulatorOptions) {
		super();
		this.options = options;
		this.setMaxListeners(100);
		const [command, args] = wrapped(simulatorPath(options.variant ?? "debug"), runArguments(options));
		// Nobody else ends it when this process is killed.
		const child = spawn(command, [...args, "--with-parent", "--events-fd", "3"], {
			stdio: ["ignore", "pipe", "pipe", "pipe"],
		});
		this.#child = child;
		this.#read(child.stdio[1], (line) => {
			keep(this.lines, line);
			this.emit("line", line);
		});
		this.#read(child.stdio[2], (line) => {
			keep(this.#messages, line);
			this.emit("message", line);
		});
		this.#read(child.stdio[3], (line) => {
			const event = JSON.parse(line) as SimulatorEvent;
			keep(this.events, event);
			this.emit("event", event);
		});
		this.ended = new Promise((resolve, reject) => {
			child.on("error", (cause) => reject(new SimulatorError("spawn", `${cause.message}: not built?`, "", { cause })));
			child.on("close", (code, signal) => {
				this.#end = { code, signal, reason: this.#messages.at(-1) ?? "" };
				resolve(this.#end);
				this.emit("end", this.#end);
			});
		});
		// Whoever waits for it gets the error; nobody has to.
		this.ended.catch(() => {});
	}

	#read(stream: unknown, take: (line: string) => void): void {
		createInterface({ input: stream as Readable, crlfDelay: Number.POSITIVE_INFINITY }).on("line", take);
	}

	/** The supervisor's process id. */
	get pid(): number | undefined {
		return this.#child.pid;
	}

	/** The supervisor's messages (stderr). */
	get messages(): readonly string[] {
		return this.#messages;
	}

	/**
	 * The first line, from now on or among those kept, that has `pattern` (a text inside, or an expression).
	 *
	 * @throws {SimulatorError} "timeout" after `ms` (default 10 s), "ended" when the simulator ends before.
	 */
	line(pattern: string | RegExp, ms = 10_000): Promise<string> {
		const fits = (line: string) => (typeof pattern === "string" ? line.includes(pattern) : pattern.test(line));
		const old = this.lines.find(fits);
		if (old !== undefined) return Promise.resolve(old);
		return this.#wait<string>(`line ${pattern}`, ms, (take) => {
			const listener = (line: string) => void (fits(line) && take(line));
			this.on("line", listener);
			return () => this.off("line", listener);
		});
	}

	/**
	 * The next event of a kind that fits; those that came already count, too.
	 *
	 * @throws {SimulatorError} as `line`.
	 */
	event<N extends EventName>(
		name: N,
		fits: (event: EventOf<N>) => boolean = () => true,
		ms = 10_000,
	): Promise<EventOf<N>> {
		const is = (event: SimulatorEvent): event is EventOf<N> => event.event === name && fits(event as EventOf<N>);
		const old = this.events.find(is);
		if (old) return Promise.resolve(old);
		return this.#wait<EventOf<N>>(`event "${name}"`, ms, (take) => {
			const listener = (event: SimulatorEvent) => void (is(event) && take(event));
			this.on("event", listener);
			return () => this.off("event", listener);
		});
	}

	#wait<T>(what: string, ms: number, listen: (take: (value: T) => void) => () => void): Promise<T> {
		return new Promise((resolve, reject) => {
			const done = (settle: () => void) => {
				clearTimeout(timer);
				unlisten();
				this.off("end", ended);
				settle();
			};
			const fail = (code: SimulatorError["code"], message: string) =>
				done(() => reject(new SimulatorError(code, message, [...this.lines.slice(-20), ...this.#messages].join("\n"))));
			const ended = (end: SimulatorEnd) =>
				fail("ended", `the simulator ended (${end.code ?? end.signal}) before ${what}`);
			const timer = setTimeout(() => fail("timeout", `no ${what} within ${ms} ms`), ms);
			const unlisten = listen((value) => done(() => resolve(value)));
			this.on("end", ended);
			if (this.#end) ended(this.#end);
		});
	}

	/** Have the figures of memory printed, and given as an event. */
	async figures(): Promise<EventOf<"memory">> {
		const before = this.events.length;
		const answer = this.event("memory", (event) => this.events.indexOf(event) >= before && event.when === "now");
		this.#child.kill("SIGUSR1");
		return answer;
	}

	/**
	 * XS's memory as it is between two events, with what is free of it: for a test that looks for what must not be there.
	 *
	 * @throws {SimulatorError} as `line`; "ended" too when it can't be written. Needs `heapFile`.
	 */
	async heap(): Promise<Buffer> {
		const { heapFile } = this.options;
		if (heapFile === undefined) throw new SimulatorError("ended", "heap() needs the option heapFile", "");
		const before = this.events.length;
		const answer = this.event("heap", (event) => this.events.indexOf(event) >= before);
		this.#child.kill("SIGUSR2");
		const { bytes } = await answer;
		if (bytes === 0) throw new SimulatorError("ended", `the heap could not be written to ${heapFile}`, "");
		const heap = readFileSync(heapFile);
		rmSync(heapFile);
		return heap;
	}

	/** End it cleanly; the flash file is then free for others. */
	async stop(): Promise<SimulatorEnd> {
		if (!this.#end) this.#child.kill("SIGTERM");
		return this.ended;
	}

	/** End it at once, as if the machine lost power in the middle of anything. */
	async kill(): Promise<SimulatorEnd> {
		if (!this.#end) this.#child.kill("SIGKILL");
		return this.ended;
	}

	/** Stop it and start another one with the same options (and those given). */
	async restart(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
		await this.stop();
		return new Simulator({ ...this.options, ...options });
	}
}

function keep<T>(list: T[], item: T): void {
	list.push(item);
	if (list.length > KEPT) list.splice(0, list.length - KEPT);
}

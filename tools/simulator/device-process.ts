import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

/** How a device's process ended. */
export interface SimulatorEnd {
	/** The simulator's: see `exitCodes` in events.ts; null when a signal ended it. */
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
	 * - "spawn": the binary can't be run; is it built, or installed?
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

interface Emitted<E> {
	/** A line of the device's console. */
	line: [string];
	/** A line of the process's stderr. */
	message: [string];
	event: [E];
	end: [SimulatorEnd];
}

/** Lines of the console that are kept for error messages and late `line` calls. */
const KEPT = 2000;

/**
 * A device that runs in a process of its own, the simulator's or an emulator's: its console's lines (stdout), its events, its
 * end. What the events are made of, and how it's stopped, is the subclass's.
 */
export abstract class DeviceProcess<E extends { readonly event: string }> extends EventEmitter<Emitted<E>> {
	/** The console's last lines. */
	readonly lines: string[] = [];
	/** All events since the start. */
	readonly events: E[] = [];
	/** Settles when the process has ended and all its output was read. */
	readonly ended: Promise<SimulatorEnd>;
	protected readonly child: ChildProcess;
	/** What an error calls it. */
	readonly #what: string;
	#messages: string[] = [];
	#end: SimulatorEnd | undefined;

	/** @param detached a terminal's Ctrl-C is not for it: `stop` is how it ends */
	protected constructor(
		what: string,
		command: string,
		args: readonly string[],
		more: readonly "pipe"[],
		detached = false,
	) {
		super();
		this.#what = what;
		this.setMaxListeners(100);
		const stdio: StdioOptions = ["ignore", "pipe", "pipe", ...more];
		const child = spawn(command, args, { stdio, detached });
		this.child = child;
		this.read(child.stdout, (line) => this.console(line));
		this.read(child.stderr, (line) => {
			keep(this.#messages, line);
			this.emit("message", line);
		});
		this.ended = new Promise((resolve, reject) => {
			child.on("error", (cause) =>
				reject(new SimulatorError("spawn", `${cause.message}: not built, or not installed?`, "", { cause })),
			);
			child.on("close", (code, signal) => {
				this.#end = this.closed({ code, signal, reason: this.#messages.at(-1) ?? "" });
				resolve(this.#end);
				this.emit("end", this.#end);
			});
		});
		// Whoever waits for it gets the error; nobody has to.
		this.ended.catch(() => {});
	}

	/** Calls `take` for each line of one of the process's streams. */
	protected read(stream: unknown, take: (line: string) => void): void {
		createInterface({ input: stream as Readable, crlfDelay: Number.POSITIVE_INFINITY }).on("line", take);
	}

	/** A line of stdout. */
	protected console(line: string): void {
		keep(this.lines, line);
		this.emit("line", line);
	}

	/** Something happened. */
	protected happened(event: E): void {
		keep(this.events, event);
		this.emit("event", event);
	}

	/** The process has ended: what is told of it. */
	protected closed(end: SimulatorEnd): SimulatorEnd {
		return end;
	}

	protected get hasEnded(): boolean {
		return this.#end !== undefined;
	}

	/** The process's id. */
	get pid(): number | undefined {
		return this.child.pid;
	}

	/** What the process has said of itself (stderr). */
	get messages(): readonly string[] {
		return this.#messages;
	}

	/**
	 * The first line, from now on or among those kept, that has `pattern` (a text inside, or an expression).
	 *
	 * @throws {SimulatorError} "timeout" after `ms` (default 10 s), "ended" when the process ends before.
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
	event<N extends E["event"]>(
		name: N,
		fits: (event: Extract<E, { event: N }>) => boolean = () => true,
		ms = 10_000,
	): Promise<Extract<E, { event: N }>> {
		type Wanted = Extract<E, { event: N }>;
		const is = (event: E): event is Wanted => event.event === name && fits(event as Wanted);
		const old = this.events.find(is);
		if (old) return Promise.resolve(old);
		return this.#wait<Wanted>(`event "${name}"`, ms, (take) => {
			const listener = (event: E) => void (is(event) && take(event));
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
				fail("ended", `the ${this.#what} ended (${end.code ?? end.signal}) before ${what}`);
			const timer = setTimeout(() => fail("timeout", `no ${what} within ${ms} ms`), ms);
			const unlisten = listen((value) => done(() => resolve(value)));
			this.on("end", ended);
			if (this.#end) ended(this.#end);
		});
	}

	/** End it cleanly; the flash file is then free for others. */
	async stop(): Promise<SimulatorEnd> {
		if (!this.#end) this.child.kill("SIGTERM");
		return this.ended;
	}

	/** End it at once, as if the machine lost power in the middle of anything. */
	async kill(): Promise<SimulatorEnd> {
		if (!this.#end) this.child.kill("SIGKILL");
		return this.ended;
	}
}

function keep<T>(list: T[], item: T): void {
	list.push(item);
	if (list.length > KEPT) list.splice(0, list.length - KEPT);
}

// The clients of the bench, and one run of one of them under the stopwatch.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { cipher, type Run, workload } from "./workload";

/** A program that does a `Run`: prints the marks of anchor-mosquitto.c, ends by itself or (hold) by a signal. */
export interface Client {
	/** The column's head. */
	readonly name: string;
	/**
	 * How it takes up a TLS session again: from a file of an earlier process; within one process, which connects twice
	 * (the second connection, from the mark `again`, is the one that counts); not at all.
	 */
	readonly resumes: "from-file" | "in-process" | "no";
	/** Two lengths of a run, in round trips, between which nothing but round trips happens. */
	readonly steady: readonly [number, number];
	/** Its start costs another number of instructions each time, by more than a handshake's. */
	readonly startVaries: boolean;
	/** Its exit status when its run is done and it needn't hold. A device resets, and has no reset left: 3. */
	readonly endsWith: number;
	/** The command that does the run. */
	command(run: Run): Promise<readonly string[]>;
}

/** What both anchors take on their command line. */
function anchorArguments(run: Run, ca: string): string[] {
	const { clientId, username, password, topic, payloadBytes } = workload;
	return [
		...[String(run.port), run.tls ? ca : "-", String(run.count), String(run.skip ?? 0), run.hold ? "1" : "0"],
		...[run.tls ? clientId : clientId.replace("securemode=2", "securemode=3"), username, password, topic],
		String(payloadBytes),
	];
}

/** mosquitto's C library, compiled to `program`. */
export const mosquitto = (program: string, ca: string): Client => ({
	name: "mosquitto",
	resumes: "no",
	steady: [200, 1200],
	startVaries: false,
	endsWith: 0,
	command: async (run) => [program, ...anchorArguments(run, ca), cipher],
});

/** MQTT.js on this Node. */
export const mqttJs = (ca: string): Client => ({
	name: "MQTT.js",
	resumes: "from-file",
	steady: [4000, 8000],
	startVaries: true,
	endsWith: 0,
	command: async (run) => [
		process.execPath,
		new URL("anchor-mqttjs.mjs", import.meta.url).pathname,
		...anchorArguments(run, ca),
		...(run.session ? [run.session] : []),
	],
});

export interface StartOptions {
	/** The compiled stopwatch.c. */
	readonly stopwatch: string;
	/** What the stopwatch, and so the client, runs under: `taskset -c 0`, `chrt -r 1`. */
	readonly under?: readonly string[];
	/** A tool before the client's command (valgrind, strace). */
	readonly tool?: readonly string[];
}

/** A client at work. */
export class Running {
	readonly #marks = new Map<string, { readonly at: number; readonly text: string }>();
	readonly #process: ChildProcess;
	readonly #name: string;
	#errors = "";
	#ended: number | undefined;
	#changed: () => void = () => {};

	private constructor(name: string, command: readonly string[], options: StartOptions) {
		this.#name = name;
		const { under = [], tool = [], stopwatch } = options;
		const [program = stopwatch, ...args] = [...under, stopwatch, "bench:", ...tool, ...command];
		this.#process = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
		this.#process.on("error", (error) => this.#end(1, error.message));
		this.#process.on("close", (code) => this.#end(code ?? 1));
		const { stdout, stderr } = this.#process;
		if (!stdout || !stderr) throw new Error("no pipe");
		createInterface({ input: stdout }).on("line", (line) => {
			const [time, mark = "", ...text] = line.split(" ");
			this.#marks.set(mark, { at: Number(time), text: text.join(" ") });
			this.#changed();
		});
		stderr.on("data", (data) => {
			this.#errors = (this.#errors + String(data)).slice(-3000);
		});
	}

	static async start(client: Client, run: Run, options: StartOptions): Promise<Running> {
		return new Running(client.name, await client.command(run), options);
	}

	#end(code: number, error?: string): void {
		this.#ended ??= code;
		if (error) this.#errors += error;
		this.#changed();
	}

	async #until(done: () => boolean, ms: number, what: string): Promise<void> {
		const late = Date.now() + ms;
		while (!done()) {
			const left = late - Date.now();
			if (left <= 0) throw new Error(`${this.#name}: no ${what} within ${ms / 1000} s: ${this.#lastWords()}`);
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, left);
				this.#changed = () => {
					clearTimeout(timer);
					resolve();
				};
			});
		}
	}

	#lastWords(): string {
		return this.#errors.trim().split("\n").slice(-3).join(" / ") || "it said nothing";
	}

	/**
	 * Milliseconds from the client's start to this mark; waits for it.
	 *
	 * @throws {Error} when the client ends without it, or `ms` pass
	 */
	async mark(name: string, ms = 60_000): Promise<number> {
		return (await this.#marked(name, ms)).at;
	}

	/** What stands behind this mark on its line; waits as `mark`. */
	async text(name: string, ms = 60_000): Promise<string> {
		return (await this.#marked(name, ms)).text;
	}

	async #marked(name: string, ms: number) {
		await this.#until(() => this.#marks.has(name) || this.#ended !== undefined, ms, `mark "${name}"`);
		const mark = this.#marks.get(name);
		if (mark === undefined) throw new Error(`${this.#name} ended before "${name}": ${this.#lastWords()}`);
		return mark;
	}

	/** What it said that is no mark: its last 3,000 characters. */
	get said(): string {
		return this.#errors;
	}

	/** Wait for its own end. @throws {Error} when that is with another status, or `ms` pass */
	async end(status: number, ms = 60_000): Promise<void> {
		await this.#until(() => this.#ended !== undefined, ms, "end");
		if (this.#ended !== status) throw new Error(`${this.#name} failed (${this.#ended}): ${this.#lastWords()}`);
	}

	/** End it by a signal, when it's still there, and wait. */
	async stop(): Promise<void> {
		if (this.#ended !== undefined) return;
		this.#process.kill("SIGTERM");
		const hard = setTimeout(() => this.#process.kill("SIGKILL"), 10_000);
		if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, "exit");
		clearTimeout(hard);
	}
}

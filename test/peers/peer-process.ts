import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A peer in a process of its own, which prints JSON lines {what, value} of what happens to it. */
export class Peer {
	readonly #child: ChildProcess;
	readonly #seen: { what: string; value: unknown }[] = [];
	readonly #waiting = new Set<() => void>();
	readonly #exit: Promise<number | null>;
	#errors = "";
	#over = false;

	/** @param told as JSON on its standard input: who it is. Arguments are seen by everybody on the machine. */
	constructor(
		program: string,
		parameters: readonly string[],
		environment: Readonly<Record<string, string>> = {},
		told?: object,
	) {
		this.#child = spawn(program, parameters, {
			env: { ...process.env, ...environment },
			stdio: ["pipe", "pipe", "pipe"],
		});
		// One that ends at once doesn't read it.
		this.#child.stdin?.on("error", () => {});
		this.#child.stdin?.end(told ? JSON.stringify(told) : "");
		this.#child.stderr?.on("data", (part: Buffer) => {
			this.#errors = (this.#errors + part.toString()).slice(-2000);
		});
		this.#exit = new Promise((resolve) => {
			this.#child.on("close", (code) => {
				this.#over = true;
				for (const wake of this.#waiting) wake();
				resolve(code);
			});
		});
		if (this.#child.stdout) {
			createInterface({ input: this.#child.stdout }).on("line", (line) => {
				if (!line.startsWith("{")) return;
				this.#seen.push(JSON.parse(line) as { what: string; value: unknown });
				for (const wake of this.#waiting) wake();
			});
		}
	}

	/** The value of the first line `what`, taken off; rejects after `timeout` ms or when the peer ended without it. */
	async saw(what: string, timeout = 25_000): Promise<unknown> {
		const end = Date.now() + timeout;
		for (;;) {
			const at = this.#seen.findIndex((one) => one.what === what);
			if (at >= 0) return this.#seen.splice(at, 1)[0]?.value;
			const left = end - Date.now();
			if (left <= 0 || this.#over) {
				throw new Error(`the peer never said "${what}"; it said ${JSON.stringify(this.#seen)}\n${this.#errors}`);
			}
			await new Promise<void>((resolve) => {
				const wake = () => {
					clearTimeout(timer);
					this.#waiting.delete(wake);
					resolve();
				};
				const timer = setTimeout(wake, left);
				this.#waiting.add(wake);
			});
		}
	}

	/** Its exit code. */
	ended(): Promise<number | null> {
		return this.#exit;
	}

	kill(): void {
		this.#child.kill("SIGKILL");
	}
}

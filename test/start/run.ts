// `npm start` as a process of its own, after the set-up.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach } from "vitest";
import { ROOT } from "../../tools/build/places";

interface Line {
	readonly side: string;
	readonly text: string;
}

const cleanUp: (() => void | Promise<void>)[] = [];

/** For a test file's top: ends and takes away what a test leaves. */
export function useRuns(): void {
	afterEach(async () => {
		for (const it of cleanUp.splice(0).reverse()) await it();
	});
}

/** A folder of this test's own. */
export function folder(): string {
	const path = mkdtempSync(join(tmpdir(), "linkxs-start-"));
	cleanUp.push(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

export class Run {
	readonly lines: Line[] = [];
	errors = "";
	readonly ended: Promise<number | null>;
	readonly #child: ChildProcess;

	constructor(...args: string[]) {
		this.#child = spawn(process.execPath, ["--import", "tsx", "tools/start/command.ts", "--json", ...args], {
			cwd: ROOT,
			stdio: ["ignore", "pipe", "pipe"],
		});
		const { stdout, stderr } = this.#child;
		if (!stdout || !stderr) throw new Error("no pipes");
		createInterface(stdout).on("line", (line) => this.lines.push(JSON.parse(line) as Line));
		stderr.on("data", (data: Buffer) => {
			this.errors += data.toString();
		});
		this.ended = new Promise((resolve) => this.#child.on("close", resolve));
		cleanUp.push(async () => {
			this.#child.kill("SIGKILL");
			await this.ended;
		});
	}

	async line(side: string, pattern: RegExp, from = 0): Promise<number> {
		for (let waited = 0; waited < 60_000; waited += 20) {
			const at = this.lines.findIndex((it, index) => index >= from && it.side === side && pattern.test(it.text));
			if (at >= 0) return at;
			await new Promise((resolve) => setTimeout(resolve, 20));
		}
		throw new Error(
			`no ${side} ${pattern}:\n${this.lines.map((it) => `${it.side} ${it.text}`).join("\n")}\n${this.errors}`,
		);
	}

	async interrupt(): Promise<number | null> {
		this.#child.kill("SIGINT");
		return this.ended;
	}
}

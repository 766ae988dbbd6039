// The debugger's protocol, as xsbug speaks it: XML, the machine connects. Enough of it to log in, stop at a line, see a
// local and go on.
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { expect } from "vitest";

/** The program that the cases debug, and its line with a breakpoint. */
export const debugged = { program: "debugged", path: "test/device/simulator/debugged.ts", line: 5 } as const;

/** A debugger that reads what the machine says, and answers. */
export class Debugger {
	readonly #server: Server | undefined;
	#socket: Socket | undefined;
	#text = "";
	#waiting: (() => void)[] = [];

	private constructor(server?: Server) {
		this.#server = server;
		server?.on("connection", (socket) => this.#use(socket));
	}

	/** Waits for a machine that connects. */
	static async listen(): Promise<Debugger> {
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		return new Debugger(server);
	}

	/** Speaks over a line that stands. */
	static over(socket: Socket): Debugger {
		const it = new Debugger();
		it.#use(socket);
		return it;
	}

	#use(socket: Socket): void {
		this.#socket = socket;
		socket.setEncoding("utf8");
		socket.on("error", () => {});
		socket.on("data", (data: string) => {
			this.#text += data;
			for (const wake of this.#waiting.splice(0)) wake();
		});
	}

	get address(): string {
		const { port } = (this.#server as Server).address() as AddressInfo;
		return `127.0.0.1:${port}`;
	}

	/** The text up to the end of what `pattern` matches is taken; the match is answered. */
	async read(pattern: RegExp): Promise<RegExpExecArray> {
		for (;;) {
			const found = pattern.exec(this.#text);
			if (found) {
				this.#text = this.#text.slice(found.index + found[0].length);
				return found;
			}
			await new Promise<void>((resolve) => this.#waiting.push(resolve));
		}
	}

	send(command: string): void {
		this.#socket?.write(`\r\n${command}\r\n`);
	}

	close(): void {
		this.#socket?.destroy();
		this.#server?.close();
	}
}

interface Debuggee {
	readonly lines: readonly string[];
	line(pattern: string | RegExp, ms?: number): Promise<string>;
}

const { path, line } = debugged;
const breakpoint = (command: "set" | "clear") => `<${command}-breakpoint path="${path}" line="${line}"/>`;

/** Log-in, a breakpoint, locals, step, go: with a machine that starts now. */
export async function stepThrough(xsbug: Debugger, device: Debuggee, name: string): Promise<void> {
	expect((await xsbug.read(/<login name="([^"]*)" value="([^"]*)"\/>/)).slice(1)).toEqual([name, "XS"]);
	// What xsbug sends to a machine that has logged in: its breakpoints, then go.
	xsbug.send(breakpoint("set"));
	xsbug.send("<go/>");
	const [local] = await xsbug.read(/<property [^>]*name="[^"]*count"[^>]*>/);
	expect(local).toContain('value="1"');
	const [, at, number] = await xsbug.read(/<break path="([^"]*)" line="(\d+)">/);
	expect(`${at}:${number}`).toBe(`${path}:${line}`);
	expect(device.lines.filter((it) => it.startsWith("stepped"))).toEqual([]);
	xsbug.send("<step/>");
	await xsbug.read(/<break path="[^"]*debugged\.ts" line="\d+">/);
	xsbug.send(breakpoint("clear"));
	xsbug.send("<go/>");
	expect(await device.line("stepped", 30_000)).toBe("stepped 2");
}

/** A breakpoint for a machine that runs and waits for its next timer. */
export async function stopAtOnce(xsbug: Debugger): Promise<void> {
	xsbug.send(breakpoint("set"));
	xsbug.send("<go/>");
	await xsbug.read(/<break path="[^"]*debugged\.ts" line="5">/);
	xsbug.send("<go/>");
}

// The debugger's protocol, as xsbug speaks it: XML, the machine connects. Enough of it to log in, stop at a line, see a
// local and go on.

import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { boot, debuggable, flash, useSimulator } from "./firmware";

useSimulator();

/** A debugger that reads what the machine says, and answers. */
class Debugger {
	readonly #server: Server;
	#socket: Socket | undefined;
	#text = "";
	#waiting: (() => void)[] = [];

	private constructor(server: Server) {
		this.#server = server;
		server.on("connection", (socket) => {
			this.#socket = socket;
			socket.setEncoding("utf8");
			socket.on("error", () => {});
			socket.on("data", (data: string) => {
				this.#text += data;
				for (const wake of this.#waiting.splice(0)) wake();
			});
		});
	}

	static async listen(): Promise<Debugger> {
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		return new Debugger(server);
	}

	get address(): string {
		return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
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
		this.#server.close();
	}
}

describe.runIf(debuggable)("--xsbug", () => {
	let xsbug: Debugger | undefined;
	afterEach(() => xsbug?.close());

	test("log-in, a breakpoint, locals, step, go", async () => {
		xsbug = await Debugger.listen();
		const device = boot(await flash("debugged"), { xsbug: xsbug.address });
		expect((await xsbug.read(/<login name="([^"]*)" value="([^"]*)"\/>/)).slice(1)).toEqual(["sim", "XS"]);
		// What xsbug sends to a machine that has logged in: its breakpoints, then go.
		xsbug.send('<set-breakpoint path="test/device/simulator/debugged.ts" line="5"/>');
		xsbug.send("<go/>");
		const [local] = await xsbug.read(/<property [^>]*name="[^"]*count"[^>]*>/);
		expect(local).toContain('value="1"');
		const [, path, line] = await xsbug.read(/<break path="([^"]*)" line="(\d+)">/);
		expect(`${path}:${line}`).toBe("test/device/simulator/debugged.ts:5");
		expect(device.lines).toEqual([]);
		xsbug.send("<step/>");
		await xsbug.read(/<break path="[^"]*debugged\.ts" line="\d+">/);
		xsbug.send('<clear-breakpoint path="test/device/simulator/debugged.ts" line="5"/>');
		xsbug.send("<go/>");
		expect(await device.line("stepped")).toBe("stepped 2");
		await device.stop();
	});

	test("a device runs on without a debugger when none listens, and says so", async () => {
		xsbug = await Debugger.listen();
		const { address } = xsbug;
		xsbug.close();
		const device = boot(await flash("debugged"), { xsbug: address });
		await device.line("stepped 2");
		expect(device.messages.join()).toContain("no debugger there");
		await device.stop();
	});

	test("a debugger that leaves lets the device go on", async () => {
		xsbug = await Debugger.listen();
		const device = boot(await flash("debugged"), { xsbug: xsbug.address });
		await xsbug.read(/<login [^>]*>/);
		xsbug.close();
		await device.line("stepped 2");
		await device.stop();
	});

	test("stop at once between two events", async () => {
		xsbug = await Debugger.listen();
		const device = boot(await flash("debugged"), { xsbug: xsbug.address });
		await xsbug.read(/<login [^>]*>/);
		xsbug.send("<go/>");
		await device.line("stepped 2");
		xsbug.send('<set-breakpoint path="test/device/simulator/debugged.ts" line="5"/>');
		xsbug.send("<go/>");
		await xsbug.read(/<break path="[^"]*debugged\.ts" line="5">/);
		xsbug.send("<go/>");
		await device.stop();
	});
});

// The bench's own instruments: what they show of a program whose behaviour is known.
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Client, Running } from "./client";
import { compile } from "./compile";
import { CountingProxy } from "./counting-proxy";
import { growth } from "./sizes";
import { expected } from "./workload";

const stopwatch = compile("stopwatch", new URL("../../build/bench", import.meta.url).pathname);

const shell = (script: string): Client => ({
	name: "sh",
	resumes: "no",
	steady: [1, 2],
	startVaries: false,
	endsWith: 0,
	command: async () => ["sh", "-c", script],
});

const start = (script: string) => Running.start(shell(script), { port: 0, tls: false, count: 0 }, { stopwatch });

describe("the stopwatch", () => {
	test("tells when a mark was printed, what stands behind it, and hands on the exit status", async () => {
		const running = await start("sleep 0.1; echo 'x bench:first'; echo other; echo bench:memory '{}' end; exit 3");
		expect(await running.mark("first")).toBeGreaterThanOrEqual(100);
		expect(await running.text("memory")).toBe("{} end");
		await running.end(3);
		expect(running.said).toContain("other");
	});

	test("a program that ends without the mark is an error with its last words", async () => {
		const running = await start("echo it broke >&2; exit 1");
		await expect(running.mark("first")).rejects.toThrow(/sh ended before "first": it broke/);
		await expect(running.end(0)).rejects.toThrow(/sh failed \(1\)/);
	});

	test("a mark that doesn't come in time is an error, and stop() ends the program", async () => {
		const running = await start("trap 'echo bench:stopped; exit' TERM; while :; do sleep 0.05; done");
		await expect(running.mark("first", 200)).rejects.toThrow(/no mark "first" within 0.2 s/);
		await running.stop();
		expect(await running.mark("stopped")).toBeGreaterThan(0);
	});
});

describe("the counting proxy", () => {
	const server = createServer((socket) => socket.on("data", (data) => socket.write(data.subarray(0, 3))));
	let port = 0;
	beforeAll(async () => {
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		const address = server.address();
		if (typeof address === "object" && address) port = address.port;
	});
	afterAll(() => void server.close());

	test("counts what passes, each way, for each connection", async () => {
		const proxy = await CountingProxy.start(port);
		for (const text of ["hello", "hi!"]) {
			const socket = connect(proxy.port, "127.0.0.1");
			socket.write(text);
			await once(socket, "data");
			socket.destroy();
		}
		await proxy.idle(50);
		expect(proxy.connections).toEqual([
			{ out: 5, in: 3 },
			{ out: 3, in: 3 },
		]);
		await proxy.stop();
	});
});

test("the workload is the one that the anchors' figures were measured with", () => {
	expect(expected).toEqual({ connect: 203, connack: 4, publish: 152, puback: 4 });
	expect(growth({}, { new: 1 })).toEqual([]);
});

// ECMA-419 listener for TCP.
import Listener, { type ListenerOptions } from "embedded:io/socket/listener";
import TCP from "embedded:io/socket/tcp";
import { describe, expect, test } from "test/expect";
import { list, Probe, sleep } from "./support";

describe("options", () => {
	test.each([
		["none", undefined],
		["a negative port", { port: -1 }],
		["port 65536", { port: 65536 }],
		["a port in text", { port: "80" }],
		["an address that is none", { address: "localhost" }],
		["onReadable that can't be called", { onReadable: 1 }],
		["an unknown format", { format: "buffer" }],
	])("%s throws", (_name, options) => {
		expect(() => new Listener(options as ListenerOptions)).toThrow();
	});

	test("a port of the system's choice", () => {
		const listener = new Listener({});
		expect(listener.port).toBeGreaterThan(0);
		listener.close();
	});

	test("a port that is taken throws", () => {
		const listener = new Listener({ address: "127.0.0.1" });
		expect(() => new Listener({ address: "127.0.0.1", port: listener.port })).toThrow();
		listener.close();
	});

	test("a port that was given back can be had again", () => {
		const listener = new Listener({ address: "127.0.0.1" });
		const { port } = listener;
		listener.close();
		const again = new Listener({ address: "127.0.0.1", port });
		expect(again.port).toBe(port);
		again.close();
	});
});

test("all addresses, IPv4 and IPv6, without the address option", async () => {
	const listener = new Listener({});
	for (const address of ["127.0.0.1", "::1"]) {
		const probe = new Probe({ address, port: listener.port });
		await probe.writable;
		const accepted = await waitFor(() => listener.read());
		expect(accepted.remoteAddress).toBe(address);
		accepted.close();
		probe.socket.close();
	}
	listener.close();
});

async function waitFor<T>(ask: () => T | undefined): Promise<T> {
	for (;;) {
		const answer = ask();
		if (answer !== undefined) return answer;
		await sleep(5);
	}
}

test("nothing to read is undefined", () => {
	const listener = new Listener({});
	expect(listener.read()).toBeUndefined();
	listener.close();
});

test("onReadable counts those that wait", async () => {
	const counts: number[] = [];
	const listener = new Listener({
		address: "127.0.0.1",
		onReadable(requests) {
			counts.push(requests);
		},
	});
	const probes = Array.from({ length: 3 }, () => new Probe({ address: "127.0.0.1", port: listener.port }));
	await Promise.all(probes.map((probe) => probe.writable));
	await sleep(50);
	expect(counts.at(-1)).toBe(3);
	for (let left = 3; left > 0; left--) listener.read()?.close();
	expect(listener.read()).toBeUndefined();
	for (const probe of probes) expect((await probe.ended)?.code).toBe("closed");
	for (const probe of probes) probe.socket.close();
	listener.close();
});

test("more connections than it keeps are not lost", async () => {
	const listener = new Listener({ address: "127.0.0.1" });
	const probes = Array.from({ length: 20 }, () => new Probe({ address: "127.0.0.1", port: listener.port }));
	await Promise.all(probes.map((probe) => probe.writable));
	for (let left = 20; left > 0; left--) (await waitFor(() => listener.read())).close();
	for (const probe of probes) expect((await probe.ended)?.code).toBe("closed");
	for (const probe of probes) probe.socket.close();
	listener.close();
});

test("an accepted socket can be used without callbacks", async () => {
	const listener = new Listener({ address: "127.0.0.1" });
	const probe = new Probe({ address: "127.0.0.1", port: listener.port });
	await probe.writable;
	const accepted = await waitFor(() => listener.read());
	expect(accepted).toBeInstanceOf(TCP);
	probe.socket.write(Uint8Array.of(1, 2));
	expect(list(await waitFor(() => accepted.read()))).toEqual([1, 2]);
	accepted.write(Uint8Array.of(3));
	expect(list(await probe.bytes(1))).toEqual([3]);
	accepted.close();
	probe.socket.close();
	listener.close();
});

describe("close", () => {
	test("twice is harmless; use afterwards throws", () => {
		const listener = new Listener({});
		listener.close();
		listener.close();
		expect(() => listener.read()).toThrow();
		expect(() => listener.port).toThrow();
	});

	test("refuses who comes later, and drops who waits", async () => {
		const listener = new Listener({ address: "127.0.0.1" });
		const { port } = listener;
		const waiting = new Probe({ address: "127.0.0.1", port });
		await waiting.writable;
		await sleep(20);
		listener.close();
		expect(["closed", "reset"]).toContain((await waiting.ended)?.code);
		const late = new Probe({ address: "127.0.0.1", port });
		expect((await late.ended)?.code).toBe("refused");
		waiting.socket.close();
		late.socket.close();
	});

	test("silences it", async () => {
		let calls = 0;
		const listener = new Listener({
			address: "127.0.0.1",
			onReadable() {
				calls++;
			},
		});
		const probe = new Probe({ address: "127.0.0.1", port: listener.port });
		listener.close();
		await probe.ended;
		await sleep(20);
		expect(calls).toBe(0);
		probe.socket.close();
	});
});

test("format is socket/tcp", () => {
	const listener = new Listener({ format: "socket/tcp" });
	expect(listener.format).toBe("socket/tcp");
	listener.format = "socket/tcp";
	expect(() => {
		listener.format = "buffer" as "socket/tcp";
	}).toThrow();
	listener.close();
});

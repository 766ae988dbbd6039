// The console protocol on the real simulator, over its pty and over TCP, by our host's library.
import { once } from "node:events";
import { closeSync, openSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { type BurnRecord, ConsoleClient } from "../../tools/lib/console/client";
import { type Line, openLine } from "../../tools/lib/console/line";
import { consoleDevice, useConsoleDevice } from "./console-device";

useConsoleDevice();

const record = (name: string, value: string | Uint8Array): BurnRecord => ({ name, value: Buffer.from(value) });

const identity = [
	record("identity/productKey", "a1B2c3D4e5F"),
	record("identity/deviceName", "dev1"),
	record("identity/deviceSecret", "5ecret0f7heD3vice"),
];
const names = identity.map(({ name }) => name).sort();

/** 4,096 bytes that aren't all the same. */
const large = Uint8Array.from({ length: 4096 }, (_, at) => (at * 31) & 0xff);

describe.each(["pty", "tcp:0"] as const)("over %s", (serial) => {
	test("identify, write, prove, restart; the vault keeps it", async () => {
		const { simulator, port } = await consoleDevice(serial);
		const client = await ConsoleClient.open(port);
		const before = await client.identify();
		expect(before).toMatchObject({ firmware: "test", firmwareVersion: "1.0", board: "sim", locked: false });
		expect(before.kind).toBe(undefined);
		expect(await client.list()).toEqual([]);
		await client.burn(identity);
		await client.restart();
		await simulator.event("boot", ({ run }) => run === 2);
		const after = await client.identify();
		expect(after.boot).not.toBe(before.boot);
		expect(after.uniqueId).toBe(before.uniqueId);
		expect(after.kind).toBe("device-secret");
		expect(await client.list()).toEqual(names);
		for (const one of identity) await client.prove(one);
		const wrong = record("identity/deviceSecret", "0123456789abcdeF");
		await expect(client.prove(wrong)).rejects.toMatchObject({ code: "wrong-proof" });
		await expect(client.prove(record("link/host", "x"))).rejects.toMatchObject({ code: "no-record" });
		client.close();
		expect(simulator.lines.join()).not.toContain("5ecret0f7heD3vice");
		await simulator.stop();
	});

	test("a certificate of 4,096 bytes with its key", async () => {
		const { simulator, port } = await consoleDevice(serial);
		const client = await ConsoleClient.open(port);
		const records = [record("identity/certificate", large), record("identity/privateKey", large.slice().reverse())];
		const progress: number[] = [];
		await client.burn(records, { onProgress: (sent) => progress.push(sent) });
		for (const one of records) await client.prove(one);
		expect(progress.length).toBeGreaterThan(16);
		expect(progress.at(-1)).toBe(8192);
		client.close();
		await simulator.stop();
	});

	test("behind garbage, and 4,096 bytes of it", async () => {
		const { simulator, port } = await consoleDevice(serial);
		const garbage = Buffer.alloc(4096, "\r\n<xsbug>\xc0\xa5\x01\x04\x00\x01\x02\x00IMPROV", "latin1");
		if (serial === "pty") {
			const fd = openSync(port, "r+");
			for (let at = 0; at < garbage.length; at += 512) writeSync(fd, garbage, at, 512);
			closeSync(fd);
		} else {
			const socket = connect(Number(port.split(":")[2]), "127.0.0.1");
			await once(socket, "connect");
			socket.end(garbage);
			await once(socket, "close");
		}
		const client = await ConsoleClient.open(port);
		expect((await client.identify()).board).toBe("sim");
		client.close();
		await simulator.stop();
	});

	test("the simulator's end is the line's", async () => {
		const { simulator, port } = await consoleDevice(serial);
		const client = await ConsoleClient.open(port);
		await client.identify();
		// It may have been answered before.
		const asked = client.identify().catch((error: unknown) => expect(error).toMatchObject({ code: "closed" }));
		await simulator.kill();
		await asked;
		await expect(client.identify()).rejects.toMatchObject({ code: "closed" });
		client.close();
	});
});

describe("a host that goes", () => {
	/** Opens a session by hand and writes half of it: a client that is killed does no more. */
	async function half(port: string): Promise<void> {
		const line = await openLine(port);
		let frames = 0;
		const gone = new Promise<void>((resolve) => {
			const client = new ConsoleClient({
				...line,
				send(bytes) {
					frames += 1;
					if (frames === 8) resolve();
					// The eighth frame is cut: unplugged.
					line.send(frames < 8 ? bytes : bytes.subarray(0, 100));
				},
			});
			client.burn([...identity, record("link/root", large)]).catch(() => {});
		});
		await gone;
		line.close();
	}

	test("in the middle leaves nothing, and the next one is served", async () => {
		const { simulator, port } = await consoleDevice("tcp:0");
		const first = await ConsoleClient.open(port);
		await first.burn(identity);
		first.close();
		await half(port);
		const client = await ConsoleClient.open(port);
		expect(await client.list()).toEqual(names);
		for (const one of identity) await client.prove(one);
		await client.burn([record("network/1/ssid", "home")]);
		expect(await client.list()).toEqual([...names, "network/1/ssid"]);
		client.close();
		await simulator.stop();
	});

	test("after the commit without a word: the device goes on by itself", async () => {
		const { simulator, port } = await consoleDevice("tcp:0");
		const client = await ConsoleClient.open(port);
		await client.burn(identity);
		client.close();
		await simulator.line("goes on");
		await simulator.stop();
	});
});

test("another version of the protocol is told in words", async () => {
	const { simulator, port } = await consoleDevice("tcp:0");
	const line = await openLine(port);
	// What a later host would send: the frame of PROTOCOL.md with version 2, its CRC by zlib.
	const answer = new Promise<string>((resolve) => {
		line.listen(
			(bytes) => resolve(Buffer.from(bytes).toString("hex")),
			() => {},
		);
	});
	line.send(Buffer.from("a5020100070000c4253f9d", "hex"));
	expect(await answer).toBe("a5018100070009020100010114000132e20e66da");
	line.close();
	await simulator.stop();
});

/** A line that loses, spoils and repeats frames in both directions, by a fixed seed. */
function noisy(line: Line, seed: number): Line & { readonly spoilt: () => number } {
	let state = seed;
	let spoilt = 0;
	const next = (below: number): number => {
		state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
		return (state >>> 8) % below;
	};
	const through = (bytes: Uint8Array): Uint8Array => {
		const kind = next(14);
		if (kind < 5) spoilt += 1;
		const copy = Buffer.from(bytes);
		const at = next(copy.length);
		switch (kind) {
			case 0: // a bit
				copy[at] = (copy[at] ?? 0) ^ (1 << next(8));
				return copy;
			case 1: // a byte lost
				return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1)]);
			case 2: // twice
				return Buffer.concat([copy, copy]);
			case 3: // the rest lost
				return copy.subarray(0, at);
			case 4: // something before it
				return Buffer.concat([Buffer.from([0xa5, 1, 4, 0, next(256)]), copy]);
			default:
				return copy;
		}
	};
	return {
		name: line.name,
		close: () => line.close(),
		send: (bytes) => line.send(through(bytes)),
		listen: (onBytes, onEnd) => line.listen((bytes) => onBytes(through(bytes)), onEnd),
		spoilt: () => spoilt,
	};
}

const rounds = process.env["LINKXS_ALL"] === "1" ? 20 : 2;

test(
	"a line with noise: what was burned is proved, and each session is one transaction",
	async () => {
		const { simulator, port } = await consoleDevice("tcp:0");
		let spoilt = 0;
		for (let round = 1; round <= rounds; round++) {
			const line = noisy(await openLine(port), round);
			const client = new ConsoleClient(line, { answerTime: 300, commitTime: 600, tries: 30 });
			const records = [...identity.slice(0, 2), record("identity/deviceSecret", `secret number ${round}`)];
			await client.burn(records);
			for (const one of records) await client.prove(one);
			spoilt += line.spoilt();
			client.close();
		}
		expect(spoilt).toBeGreaterThan(rounds * 2);
		const written = simulator.lines.filter((text) => text.includes("records written"));
		expect(written.length).toBe(rounds);
		await simulator.stop();
	},
	rounds * 30_000,
);

const frames = process.env["LINKXS_ALL"] === "1" ? 100_000 : 10_000;

test(
	`${frames} spoilt frames without a pause, seed 9: no reset, and then it answers`,
	async () => {
		const { simulator, port } = await consoleDevice("tcp:0");
		const socket = connect(Number(port.split(":")[2]), "127.0.0.1");
		await once(socket, "connect");
		socket.resume();
		const whole = [
			"a5010101020000fcc6e8bd",
			"a501030103000f0c000801020304050607080d0001004529fd4c",
			"a50104010400390c000801020304050607080a00136964656e746974792f70726f647563744b65790e0002000b0f0002000010000b61314232" +
				"633344346535467b346fd6",
			"a501070105002b0a00156964656e746974792f646576696365536563726574120010000102030405060708090a0b0c0d0e0f66eb4777",
		].map((text) => Buffer.from(text, "hex"));
		let state = 9;
		const next = (below: number): number => {
			state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
			return (state >>> 8) % below;
		};
		for (let sent = 0; sent < frames; ) {
			const batch: Buffer[] = [];
			for (; batch.length < 100; sent++) {
				const frame = Buffer.from(whole[next(whole.length)] ?? []);
				// Half of them as they are: sessions begin, and what is wrong comes in the middle of one.
				if (next(2) === 0) frame[next(frame.length)] = next(256);
				batch.push(next(4) === 0 ? frame.subarray(next(frame.length)) : frame);
			}
			if (!socket.write(Buffer.concat(batch))) await once(socket, "drain");
		}
		socket.end();
		await once(socket, "close");
		const client = await ConsoleClient.open(port, { tries: 60 });
		expect((await client.identify()).kind).toBe(undefined);
		client.close();
		expect(simulator.events.filter(({ event }) => event === "reset")).toEqual([]);
		await simulator.stop();
	},
	Math.max(60_000, frames * 2),
);

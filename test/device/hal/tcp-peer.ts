// TCP against a peer of another make: Node's, on the host (tcp-peer.host.ts).
import TCP from "embedded:io/socket/tcp";
import config from "mc/config";
import { describe, expect, test } from "test/expect";
import { deferred, firstWrong, Probe, pattern, piece, sleep } from "./support";

const { address, echo, source, sink, reset, halfClose, greet } = config as Record<string, number> & { address: string };

test("an echo of many small pieces comes back in order", async () => {
	const probe = new Probe({ address, port: echo as number, nodelay: true });
	await probe.writable;
	for (let at = 0; at < 4000; at += 40) {
		probe.socket.write(pattern(40, at));
		await probe.bytes(at + 40);
	}
	expect(firstWrong(probe.received)).toBe(-1);
	probe.socket.close();
});

test("two megabytes from the peer", async () => {
	const TOTAL = 2_000_000;
	const done = deferred<string | undefined>();
	let seen = 0;
	let wrong = -1;
	const socket = new TCP({
		address,
		port: source as number,
		onReadable() {
			const bytes = new Uint8Array(this.read() as ArrayBuffer);
			if (wrong < 0) wrong = firstWrong(bytes, seen, 13);
			seen += bytes.length;
		},
		onError(error) {
			done.resolve(error?.code);
		},
	});
	expect(await done.promise).toBe("closed");
	expect(wrong).toBe(-1);
	expect(seen).toBe(TOTAL);
	socket.close();
}, 30_000);

test("a megabyte to a peer that reads late", async () => {
	const TOTAL = 1_000_000;
	const answer = deferred<string>();
	let sent = 0;
	let text = "";
	const socket = new TCP({
		address,
		port: sink as number,
		onWritable(room) {
			while (room > 0 && sent < TOTAL) {
				const size = Math.min(room, TOTAL - sent);
				room = this.write(piece(size, sent));
				sent += size;
				// The socket tells again: nothing is to be sent in a loop that never ends.
				if (sent % 3 === 0) return;
			}
		},
		onReadable() {
			text += String.fromCharCode(...new Uint8Array(this.read() as ArrayBuffer));
			if (text.endsWith("\n")) answer.resolve(text.trim());
		},
	});
	expect(await answer.promise).toBe(`${TOTAL} -1`);
	socket.close();
}, 30_000);

describe("the peer", () => {
	test("resets the connection", async () => {
		const probe = new Probe({ address, port: reset as number });
		await probe.writable;
		probe.socket.write(Uint8Array.of(1));
		const error = await probe.ended;
		expect(error?.code).toBe("reset");
		expect(probe.socket.read()).toBeUndefined();
		probe.socket.close();
	});

	test("says that no more comes, and still listens", async () => {
		const probe = new Probe({ address, port: halfClose as number });
		expect((await probe.ended)?.code).toBe("closed");
		probe.socket.write(Uint8Array.of(1, 2, 3));
		await sleep(50);
		probe.socket.close();
		// What it heard it tells the next one that asks.
		const next = new Probe({ address, port: halfClose as number });
		await next.ended;
		expect(Array.from(next.received)).toEqual([1, 2, 3]);
		next.socket.close();
	});

	test("greets and goes before anything was asked", async () => {
		const probe = new Probe({ address, port: greet as number });
		expect((await probe.ended)?.code).toBe("closed");
		expect(String.fromCharCode(...probe.received)).toBe("bye");
		probe.socket.close();
	});
});

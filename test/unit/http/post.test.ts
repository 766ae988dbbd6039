import type { HttpError } from "http/error";
import Post from "http/post";
import { beforeEach, expect, test } from "vitest";
import { FakeStream } from "../../lib/fake-stream";
import { clock } from "../../lib/hal/clock";
import { latin1, textOf } from "./support";

beforeEach(() => {
	clock.reset();
	FakeStream.made = [];
	FakeStream.refuse = undefined;
});

function start(timeout?: number, total?: number) {
	const notes: string[] = [];
	const bodies: Uint8Array[] = [];
	const post = new Post({
		socket: { io: FakeStream, host: "h", port: 80 },
		path: "/p",
		type: "text/plain",
		body: "a=1",
		limit: 10,
		...(timeout !== undefined && { timeout }),
		...(total !== undefined && { total }),
		onDone: (error: HttpError | undefined, status: number, body: Uint8Array) => {
			notes.push(`${error?.message ?? "done"} ${status} ${textOf(body)}`);
			bodies.push(body);
		},
	});
	FakeStream.last.open();
	return { post, notes, bodies, receive: (text: string) => FakeStream.last.receive(latin1(text)) };
}

test("one POST, its answer whole; the connection is closed and the answer wiped", () => {
	const { notes, bodies, receive } = start();
	expect(textOf(FakeStream.last.written[0] as Uint8Array)).toBe(
		"POST /p HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nAccept: application/json\r\nContent-Length: 3\r\n\r\na=1",
	);
	receive("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nsec\r\n");
	receive("3\r\nret\r\n0\r\n\r\n");
	expect(notes).toEqual(["done 200 secret"]);
	expect([FakeStream.last.closed, bodies.map(textOf)]).toEqual([true, ["\0\0\0\0\0\0"]]);
});

test("more than the limit, a time-out and a lost connection are told", () => {
	const long = start();
	long.receive("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n");
	expect(long.notes).toEqual(["body-too-long 200 "]);
	const late = start(100);
	clock.pass(100);
	expect(late.notes).toEqual(["timeout: answer 0 "]);
	const lost = start();
	FakeStream.last.fail();
	expect(lost.notes).toEqual(["closed-by-server 0 "]);
});

test("close() is silence, and may come twice", () => {
	const { post, notes, receive } = start();
	post.close();
	post.close();
	receive("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	clock.pass(100_000);
	expect([notes, FakeStream.last.closed]).toEqual([[], true]);
});

test.each([
	[undefined, 60_000],
	[7000, 7000],
])("what drips in for longer than it may take in all (%s) is given up, and wiped", (total, ms) => {
	const { notes, bodies, receive } = start(undefined, total);
	receive("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nsecret\r\n");
	for (; clock.now < ms - 1000; clock.pass(1000))
		receive(["1", ";", "x", "x"][Math.min(clock.now / 1000, 3)] as string);
	expect(notes).toEqual([]);
	clock.pass(1000);
	expect(notes).toEqual(["timeout: total 200 secret"]);
	expect([FakeStream.last.closed, bodies.map(textOf)]).toEqual([true, ["\0\0\0\0\0\0"]]);
});

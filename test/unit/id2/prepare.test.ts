// What precedes a connection by ID², over a stream and a clock that the test holds.
import * as crypto from "hal/crypto";
import { encode } from "hal/text";
import { prepareId2 } from "id2/prepare";
import SoftwareCarrier from "id2/software-carrier";
import type { MqttError } from "mqtt/error";
import { beforeEach, expect, test } from "vitest";
import { FakeStream } from "../../lib/fake-stream";
import { clock } from "../../lib/hal/clock";

const KEY = crypto.Key.random(32);
const carrier = new SoftwareCarrier("00FF", KEY);
const identity = { kind: "id2", productKey: "pk", deviceName: "device", productSecret: encode("p") } as const;

beforeEach(() => {
	clock.reset();
	FakeStream.made = [];
});

function begin() {
	const told: { error: MqttError | undefined; more: Readonly<Record<string, unknown>> | undefined }[] = [];
	const prepare = prepareId2({ identity, carrier, crypto, socket: { io: FakeStream, host: "h", port: 1883 } });
	const giveUp = prepare((error, more) => told.push({ error, more }));
	FakeStream.last.open();
	const request = Buffer.concat(FakeStream.last.written).toString();
	return { told, giveUp, request };
}

function answer(text: string, status = "200 OK"): void {
	FakeStream.last.receive(encode(`HTTP/1.1 ${status}\r\nContent-Length: ${text.length}\r\n\r\n${text}`));
}

/** As the cloud would. */
function rightAnswer(request: string): string {
	const { random } = JSON.parse(request.slice(request.indexOf("\r\n\r\n") + 4)) as { random: string };
	const challenge = "ab".repeat(32);
	const parts = [encode("id2 server\0pk\0device\x0000FF\0"), crypto.unhex(random), crypto.unhex(challenge)];
	const proof = crypto.hex(crypto.hmac("SHA256", KEY, ...parts));
	return JSON.stringify({ code: 200, data: { challenge, proof }, message: "success" });
}

test("a question is posted, and the answer's key is the link's", () => {
	const { told, request } = begin();
	expect(request).toMatch(/^POST \/auth\/id2\/challenge HTTP\/1\.1\r\n/);
	answer(rightAnswer(request));
	expect(told[0]?.error).toBe(undefined);
	expect(told[0]?.more).toMatchObject({ secure: { psk: { identity: `id2|${"ab".repeat(32)}` } } });
});

test("the link's key is there while the stream is made, and closed then, whatever becomes of that", () => {
	for (const thrown of [undefined, new Error("no memory")]) {
		const keys: crypto.Key[] = [];
		const lengths: number[] = [];
		prepareId2({ identity, carrier, crypto, socket: { io: FakeStream, host: "h", port: 1883 } })((_error, more) => {
			const { key } = (more as { secure: { psk: { key: crypto.Key } } }).secure.psk;
			keys.push(key);
			lengths.push(key.byteLength);
			if (thrown) throw thrown;
		});
		FakeStream.last.open();
		answer(rightAnswer(Buffer.concat(FakeStream.last.written).toString()));
		expect([lengths, keys.map(({ byteLength }) => byteLength)]).toEqual([[32], [0]]);
	}
});

test.each([
	['{"code":460,"message":"unknown"}', "200 OK", "preparation: id2: unknown: code 460 unknown", "never"],
	["{}", "200 OK", "preparation: id2: bad-answer: no code", "later"],
	["oops", "500 Internal Server Error", "preparation: id2: server: status 500", "later"],
])("%s (%s) is told as %s, retry %s", (text, status, message, retry) => {
	const { told } = begin();
	answer(text, status);
	expect(told[0]?.error).toMatchObject({ message, cause: { retry } });
});

test("a lost network, and nobody who answers in 15 s, are told", () => {
	const first = begin();
	FakeStream.last.fail(Object.assign(new Error("x"), { code: "refused" }));
	expect(first.told[0]?.error?.cause).toMatchObject({ name: "Id2Error", code: "network" });
	const second = begin();
	clock.pass(60_000);
	expect(second.told[0]?.error?.cause).toMatchObject({ code: "timeout" });
});

test("given up, nobody is told", () => {
	const { told, giveUp, request } = begin();
	giveUp();
	giveUp();
	expect(FakeStream.last.closed).toBe(true);
	answer(rightAnswer(request));
	clock.pass(1e9);
	expect(told).toEqual([]);
});

// The time that a chip is told: by the firmware's own reader of SNTP answers.
import { createSocket } from "node:dgram";
import { question, readAnswer } from "network/sntp";
import { expect, test } from "vitest";
import { answer, TimeServers } from "../../tools/start/time-server";

const cookie = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const now = Date.UTC(2026, 10, 24, 12, 0, 0, 250);

test("a question is answered with the time", () => {
	const packet = answer(Buffer.from(question(cookie)), now) ?? Buffer.alloc(0);
	const read = readAnswer(new Uint8Array(packet).buffer, cookie);
	expect(read).toMatchObject({ kind: "time", held: 0 });
	expect(Math.abs((read as { time: number }).time - now)).toBeLessThan(1);
	expect(readAnswer(new Uint8Array(packet).buffer, cookie.toReversed()).kind).toBe("stranger");
});

test("what is no client's question has no answer", () => {
	const packet = Buffer.from(question(cookie));
	expect(answer(packet.subarray(1), now)).toBeUndefined();
	for (const first of [0x24, 0x13, 0x2b]) {
		packet.writeUInt8(first, 0);
		expect(answer(packet, now)).toBeUndefined();
	}
});

test("two servers at the loopback, whose ports the record has", async () => {
	const times = await TimeServers.start();
	const client = createSocket("udp4");
	try {
		const places = times.record("127.0.0.1").split(",");
		expect(new Set(places).size).toBe(2);
		for (const place of places) {
			const answered = new Promise<Buffer>((resolve) => client.once("message", resolve));
			client.send(question(cookie), Number(place.split(":")[1]), "127.0.0.1");
			const read = readAnswer(new Uint8Array(await answered).buffer, cookie);
			expect(Math.abs((read as { time: number }).time - Date.now())).toBeLessThan(5_000);
		}
	} finally {
		client.close();
		times.close();
	}
});

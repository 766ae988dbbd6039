// What holds with any good broker, over any stream.
import type { ClientOptions, SocketOptions } from "mqtt/client";
import { describe, expect, test } from "test/expect";
import { delay, numbers, until, Witness } from "./support";

let clients = 0;

/** Tests of a broker behind `socket`, whose topics below `prefix` are free for all. */
export function brokerSuite(name: string, socket: SocketOptions, prefix = "test"): void {
	const witness = (options: Partial<ClientOptions> = {}): Witness => {
		clients += 1;
		const clientId = `linkxs-${name.replace(/\W/g, "")}-${clients}`;
		return new Witness(0, { socket, login: () => ({ clientId }), buffer: 2048, ...options });
	};
	const subscribed = (it: Witness, filter: string): Promise<string> =>
		new Promise((resolve) => it.client.subscribe(filter, 1, (error, qos) => resolve(error?.code ?? `QoS ${qos}`)));
	const published = (it: Witness, topic: string, payload: string | Uint8Array, qos: 0 | 1): Promise<string> =>
		new Promise((resolve) => {
			const refused = it.client.publish(topic, payload, qos, (error) => resolve(error?.code ?? "done"));
			if (refused) resolve(refused.code);
		});

	describe(name, () => {
		for (const protocol of ["3.1.1", "3.1"] as const) {
			test(`both ways, QoS 0 and 1, in order, by MQTT ${protocol}`, async () => {
				const it = witness({ protocol });
				const topic = `${prefix}/both${protocol}`;
				expect(await subscribed(it, topic)).toBe("QoS 1");
				for (let i = 0; i < 20; i += 1) it.client.publish(topic, `${i}`, i & 1 ? 1 : 0);
				expect(await published(it, topic, "", 1)).toBe("done");
				await until("all back", () => it.messages.length === 21);
				const texts = it.messages.map(({ text }) => text);
				// The order holds for each QoS by itself (4.6).
				expect(texts.filter((text) => Number(text) % 2 === 1)).toEqual(numbers(20).filter((_, i) => i % 2 === 1));
				expect(texts.filter((text) => text !== "" && Number(text) % 2 === 0)).toEqual(
					numbers(20).filter((_, i) => i % 2 === 0),
				);
				expect([it.client.pending, it.ends]).toEqual([0, []]);
				it.client.close();
			}, 20_000);
		}
		test("wildcards, and no more after UNSUBSCRIBE", async () => {
			const it = witness();
			await subscribed(it, `${prefix}/wild/+/x`);
			await subscribed(it, `${prefix}/rest/#`);
			await published(it, `${prefix}/wild/a/x`, "1", 1);
			await published(it, `${prefix}/rest/a/b`, "2", 1);
			await published(it, `${prefix}/wild/a/y`, "3", 1);
			await until("both", () => it.messages.length === 2);
			await new Promise<void>((resolve) => it.client.unsubscribe(`${prefix}/rest/#`, () => resolve()));
			await published(it, `${prefix}/rest/a/b`, "4", 1);
			await delay(50);
			expect(it.messages.map(({ text }) => text)).toEqual(["1", "2"]);
			it.client.close();
		});
		test("a message larger than the buffer", async () => {
			const pieces: number[] = [];
			let sum = 0;
			const it = witness({
				buffer: 512,
				outbox: { bytes: 32_768 },
				onMessage: (_topic, payload, offset) => {
					pieces.push(offset);
					for (const byte of payload) sum += byte;
					return true;
				},
			});
			await subscribed(it, `${prefix}/large`);
			expect(await published(it, `${prefix}/large`, new Uint8Array(20_000).fill(3), 1)).toBe("done");
			await until("all of it", () => sum === 60_000);
			expect(pieces.length).toBeGreaterThan(30);
			it.client.close();
		});
		test("a session kept over connections: messages that came meanwhile, no second SUBSCRIBE", async () => {
			const login = () => ({ clientId: `linkxs-${name.replace(/\W/g, "")}-kept` });
			const sessions: boolean[] = [];
			const options: Partial<ClientOptions> = { login, onOnline: (present) => sessions.push(present) };
			const first = witness(options);
			await subscribed(first, `${prefix}/kept`);
			first.client.close();
			const other = witness();
			await published(other, `${prefix}/kept`, "while away", 1);
			const second = witness(options);
			await until("the message", () => second.messages.length === 1);
			expect([sessions, second.messages[0]?.text]).toEqual([[false, true], "while away"]);
			second.client.close();
			const third = witness({ login, clean: true, onOnline: (present) => sessions.push(present) });
			await until("a clean session", () => sessions.length === 3);
			expect(sessions[2]).toBe(false);
			third.client.close();
			other.client.close();
		});
		test("a second login throws the first off", async () => {
			const login = () => ({ clientId: `linkxs-${name.replace(/\W/g, "")}-twin` });
			const first = witness({ login, reconnect: () => undefined });
			await until("the first", () => first.client.online);
			const second = witness({ login, reconnect: () => undefined });
			await until("the second, and the first's end", () => second.client.online && first.ends.length > 0);
			expect([first.ends, second.ends]).toEqual([["closed-by-server"], []]);
			second.client.close();
			first.client.close();
		});
		test("1,000 messages one after the other, and as fast as the outbox takes them", async () => {
			const it = witness();
			let done = 0;
			for (let i = 0; i < 500; i += 1) if ((await published(it, `${prefix}/many`, "x", 1)) === "done") done += 1;
			for (let i = 0; i < 500; ) {
				if (it.client.publish(`${prefix}/many`, "x", 1, () => (done += 1)) === undefined) i += 1;
				else await delay(1);
			}
			await until("all acknowledged", () => it.client.pending === 0);
			expect(done).toBe(1000);
			it.client.close();
		}, 20_000);
	});
}

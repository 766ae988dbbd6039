// What the tests of MQTT on the device share: a client that notes what it's told, and waits for it.
import TCP from "embedded:io/socket/tcp";
import { decode } from "hal/text";
import Timer from "hal/timer";
import Client, { type ClientOptions, type Outage } from "mqtt/client";
import type { MqttError } from "mqtt/error";
import { peer } from "test/peer";

/** As test/lib/failing-broker.ts gives it. */
export interface Answer {
	readonly connections: number;
	readonly first: readonly string[];
	readonly again: number;
	readonly againWithoutDup: number;
	readonly notes: readonly string[];
}

export function delay(ms: number): Promise<void> {
	return new Promise((resolve) => Timer.set(() => resolve(), ms));
}

/** @throws {Error} when it isn't so within `ms`. */
export async function until(what: string, condition: () => boolean, ms = 10_000): Promise<void> {
	for (let waited = 0; !condition(); waited += 5) {
		if (waited > ms) throw new Error(`not within ${ms} ms: ${what}`);
		await delay(5);
	}
}

export class Witness {
	readonly client: Client;
	/** Codes of the ends of connections. */
	readonly ends: string[] = [];
	readonly errors: MqttError[] = [];
	readonly messages: { topic: string; text: string }[] = [];
	readonly exceptions: unknown[] = [];
	online = 0;

	constructor(port: number, options: Partial<ClientOptions> = {}) {
		this.client = new Client({
			socket: { io: TCP, host: "localhost", address: peer, port },
			login: () => ({ clientId: "linkxs" }),
			keepAlive: 30,
			buffer: 16_384, // an Answer comes whole
			reconnect: (_: Outage) => 20,
			onOnline: () => {
				this.online += 1;
			},
			onOffline: (error) => {
				this.ends.push(error.code);
				this.errors.push(error);
			},
			onMessage: (topic, payload) => {
				this.messages.push({ topic, text: decode(payload) });
				return true;
			},
			onException: (error) => this.exceptions.push(error),
			...options,
		});
	}

	/** Publish on "count", QoS 1. @returns whether it was accepted. */
	count(number: number): boolean {
		return this.client.publish("count", String(number), 1) === undefined;
	}

	/** Everything accepted was acknowledged; ask the broker what it has seen. */
	async ask(ms = 20_000): Promise<Answer> {
		await until("all acknowledged", () => this.client.pending === 0, ms);
		this.client.publish("ask", "", 1);
		await until("an answer", () => this.messages.some(({ topic }) => topic === "answer"), ms);
		return JSON.parse(this.messages.find(({ topic }) => topic === "answer")?.text ?? "") as Answer;
	}
}

/** The numbers below `end` as texts. */
export function numbers(end: number): string[] {
	const all: string[] = [];
	for (let i = 0; i < end; i += 1) all.push(String(i));
	return all;
}

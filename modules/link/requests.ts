import { decode } from "hal/text";
import Timer from "hal/timer";
import type { MqttError } from "mqtt/error";
import { LinkError } from "./error";
import { promised, type Settler } from "./settle";

/** The most requests whose answers are awaited. */
const WAITING_MAX = 16;

/** How long an answer may take once the request is acknowledged, ms. */
const REPLY_TIMEOUT = 20_000;

/** Sends the request's text, QoS 1. @returns why it wasn't accepted. */
export type Send = (payload: string, done: (error?: MqttError) => void) => MqttError | undefined;

interface Waiting extends Settler<unknown> {
	timer: Timer | undefined;
}

/**
 * Requests in the platform's JSON form `{"id","version","params","method"}` and their answers `{"id","code","data"}` on
 * one pair of topics: each promise is settled exactly once, by the answer, the message's failure, a time-out or `close`.
 */
export default class Requests {
	#method: string;
	#send: Send;
	#last = 0;
	#waiting = new Map<string, Waiting>();

	constructor(method: string, send: Send) {
		this.#method = method;
		this.#send = send;
	}

	/** @returns the answer's `data`. Rejects with LinkError or MqttError. @throws {TypeError} params that JSON can't say. */
	request(params: unknown): Promise<unknown> {
		return promised((settler) => {
			if (this.#waiting.size >= WAITING_MAX) return settler.reject(new LinkError("busy"));
			this.#last = (this.#last % 0x7fff_ffff) + 1;
			const id = String(this.#last);
			const text = JSON.stringify({ id, version: "1.0", params, method: this.#method }); // it throws for what is no JSON
			this.#waiting.set(id, { ...settler, timer: undefined });
			const refused = this.#send(text, (error) => this.#sent(id, error));
			if (refused) this.#take(id)?.reject(refused);
		});
	}

	#sent(id: string, error: MqttError | undefined): void {
		const waiting = this.#waiting.get(id);
		if (waiting === undefined) return; // answered before its PUBACK
		if (error) this.#take(id)?.reject(error);
		else waiting.timer = Timer.set(() => this.#take(id)?.reject(new LinkError("no-reply")), REPLY_TIMEOUT);
	}

	#take(id: string): Waiting | undefined {
		const waiting = this.#waiting.get(id);
		this.#waiting.delete(id);
		Timer.clear(waiting?.timer);
		return waiting;
	}

	/** An answer came. @returns whether somebody waited for it. */
	answer(payload: Uint8Array): boolean {
		const answer = parseObject(payload);
		if (!answer) return false;
		const { id, code, message, data } = answer;
		return this.settle(String(id), code, typeof message === "string" ? message : "", data);
	}

	/** The same of an answer that was read otherwise. */
	settle(id: string, code: unknown, message: string, data: unknown): boolean {
		const waiting = this.#take(id);
		if (!waiting) return false;
		if (code === 200 || code === "200") waiting.resolve(data);
		else waiting.reject(new LinkError("refused", `${code} ${message}`.trim()));
		return true;
	}

	/** Nobody will answer any more. */
	close(error: Error): void {
		for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(error);
	}
}

/** The JSON object that `payload` is in UTF-8, undefined if it's none. */
export function parseObject(payload: Uint8Array): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(decode(payload));
		return typeof value === "object" && value !== null && !Array.isArray(value)
			? (value as Record<string, unknown>)
			: undefined;
	} catch {
		return undefined;
	}
}

import { copyInto } from "hal/text";
import Client, { type SocketOptions } from "./client";
import type { HttpError } from "./error";

export type PostSocket = SocketOptions;

export interface PostOptions {
	readonly socket: PostSocket;
	readonly path: string;
	/** Of the body. */
	readonly type: string;
	readonly body: string;
	/** The most bytes that the answer may have. */
	readonly limit: number;
	/** For each step, ms. */
	readonly timeout?: number;
	/** For all of it, ms. Default 60,000. */
	readonly total?: number;
	/** Told once, unless it's closed before. `body` is good until this returns; it's wiped then. */
	readonly onDone: (error: HttpError | undefined, status: number, body: Uint8Array) => void;
}

/** ms. An answer of this kind comes at once or not at all. */
const TOTAL = 60_000;

/** One POST on a connection of its own, whose answer is small and may be secret: wanted whole, and nowhere left. */
export default class Post {
	#client: Client;
	#answer: Uint8Array;
	#length = 0;
	#status = 0;

	constructor(options: PostOptions) {
		const { socket, path, type, body, limit, timeout, total = TOTAL } = options;
		this.#answer = new Uint8Array(limit);
		this.#client = new Client({ socket, ...(timeout === undefined ? {} : { timeout }) });
		this.#client.request({
			method: "POST",
			path,
			headers: { "Content-Type": type, Accept: "application/json" },
			body,
			limit,
			total,
			onResponse: ({ status }) => {
				this.#status = status;
				this.#length = 0;
			},
			onBody: (bytes) => {
				copyInto(bytes, this.#answer, this.#length);
				this.#length += bytes.byteLength;
				bytes.fill(0);
			},
			onDone: (error) => {
				this.#client.close();
				try {
					options.onDone(error, this.#status, this.#answer.subarray(0, this.#length));
				} finally {
					this.#answer.fill(0);
				}
			},
		});
	}

	/** Give it up: nobody is told. A second close is harmless. */
	close(): void {
		this.#client.close();
		this.#answer.fill(0);
	}
}

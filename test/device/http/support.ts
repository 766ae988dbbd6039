// What the tests of HTTP on the device share: a request as a promise.
import TCP from "embedded:io/socket/tcp";
import { decode } from "hal/text";
import Client, { type ClientOptions, type RequestOptions } from "http/client";
import type { HttpError } from "http/error";
import { peer } from "test/peer";

/** How a request ended. */
export interface Ended {
	readonly status: number;
	readonly error: HttpError | undefined;
	/** The body, as long as that is asked for. */
	readonly text: string;
	/** Its bytes, counted, and a checksum over them (FNV-1a). */
	readonly bytes: number;
	readonly sum: number;
	/** What of the wanted fields came, in their order. */
	readonly fields: readonly (string | undefined)[];
}

export function client(port: number, options: Partial<ClientOptions> = {}): Client {
	return new Client({ socket: { io: TCP, host: "localhost", address: peer, port }, ...options });
}

/** FNV-1a over 32 bits, of bytes that go on. */
export function sumOf(bytes: Uint8Array, sum: number): number {
	let result = sum;
	for (const byte of bytes) result = Math.imul(result ^ byte, 0x01000193);
	return result;
}
export const EMPTY_SUM = 0x811c9dc5 | 0;

/** The request's end; `keep` (default true) collects the body as text. */
export function ask(client: Client, path: string, options: Partial<RequestOptions> = {}, keep = true): Promise<Ended> {
	return new Promise((resolve) => {
		let status = 0;
		let text = "";
		let bytes = 0;
		let sum = EMPTY_SUM;
		let fields: (string | undefined)[] = [];
		client.request({
			path,
			onResponse(response) {
				status = response.status;
				fields = (options.wanted ?? []).map((name) => response.header(name));
			},
			onBody(data) {
				bytes += data.byteLength;
				if (keep) {
					text += decode(data);
					sum = sumOf(data, sum);
				}
			},
			onDone: (error) => resolve({ status, error, text, bytes, sum, fields }),
			...options,
		});
	});
}

/** `status text`, or the error's message. */
export async function told(client: Client, path: string, options: Partial<RequestOptions> = {}): Promise<string> {
	const { status, error, text } = await ask(client, path, options);
	return error ? error.message : `${status} ${text}`;
}

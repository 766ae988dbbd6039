// What a protocol wants of a stream below it, and what a stream's end means, whatever class it is of.

/** An object of a class like `embedded:io/socket/tcp`. */
export interface Stream {
	/** @returns how many bytes were put into `buffer`; undefined: nothing is there. */
	read(buffer: Uint8Array): number | undefined;
	/** @returns how many bytes may be written yet, where the platform tells. */
	write(bytes: Uint8Array): unknown;
	close(): void;
}

/** A class like `embedded:io/socket/tcp`: plain, TLS, WebSocket. Each wants other options, so none are named here. */
export type StreamClass = new (options: never) => Stream;

/** The stream's class, and the options that its constructor takes (`host`, `port`, `address`, `secure`, …). */
export interface SocketOptions {
	readonly io: StreamClass;
	readonly [more: string]: unknown;
}

/** What a protocol adds to the options. */
export interface StreamOptions {
	nodelay: boolean;
	onReadable(bytes: number): void;
	onWritable(bytes: number): void;
	onError(error?: unknown): void;
	[more: string]: unknown;
}

/** How a stream ended. */
export interface End {
	/**
	 * `closed`: the peer says no more, and everything that it said has come. `cut`: closed too, but what came may not be all
	 * of it (TLS without close_notify). `network` and `tls`: it broke.
	 */
	readonly kind: "closed" | "cut" | "network" | "tls";
	/** The stream's own word for it. */
	readonly detail: string | undefined;
	readonly cause: unknown;
}

/**
 * What a stream gave its `onError`, in our words. Our TCP and TLS classes give an Error with a `code`. The Moddable SDK's TCP
 * gives none, whether the peer closed or the network broke: taken for the network, since a clean close has consequences.
 */
export function endOf(error: unknown): End {
	const code = codeOf(error);
	switch (code) {
		case undefined:
			return { kind: "network", detail: undefined, cause: error };
		case "closed":
			return { kind: "closed", detail: undefined, cause: undefined };
		case "closed-without-notify":
			return { kind: "cut", detail: code, cause: undefined };
		case "stream": {
			const cause = (error as Error).cause;
			return { kind: "network", detail: codeOf(cause) ?? code, cause };
		}
		default:
			return { kind: (error as Error).name === "TlsError" ? "tls" : "network", detail: code, cause: error };
	}
}

function codeOf(error: unknown): string | undefined {
	return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

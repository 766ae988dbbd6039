import Post, { type PostSocket } from "http/post";
import { ofHttp, RegistrationError } from "./error";
import { REGISTER_PATH } from "./request";

export interface HttpsRoadOptions {
	/** A TLS class with `host`, `port` and more options. */
	readonly socket: PostSocket;
	/** The form. */
	readonly form: string;
	/** The answer's body; whoever reads a secret wipes it. @throws {RegistrationError} when it's none. */
	readonly onAnswer: (bytes: Uint8Array) => void;
	/** Told once, unless it's closed before. */
	readonly onDone: (error?: RegistrationError) => void;
}

/** The answer has three names and a secret in it. */
const ANSWER_MAX = 1024;
const TIMEOUT = 15_000;

/**
 * One request over HTTPS for one answer. It's over TLS, or nothing is sent.
 *
 * @returns how to give it up: nobody is told then.
 * @throws {RegistrationError} `not-secure`.
 */
export function registerByHttps({ socket, form, onAnswer, onDone }: HttpsRoadOptions): () => void {
	if (typeof socket["secure"] !== "object") throw new RegistrationError("not-secure", "it needs TLS");
	const post = new Post({
		socket: { ...socket, io: secured(socket.io) },
		path: REGISTER_PATH,
		type: "application/x-www-form-urlencoded",
		body: form,
		limit: ANSWER_MAX,
		timeout: TIMEOUT,
		onDone(error, status, body) {
			if (error) onDone(error.cause instanceof RegistrationError ? error.cause : ofHttp(error));
			else if (status >= 500) onDone(new RegistrationError("server", `status ${status}`));
			else if (status !== 200) onDone(new RegistrationError("refused", `status ${status}`));
			else onDone(taken(onAnswer, body));
		},
	});
	return () => post.close();
}

type Socket = new (options: object) => object;

interface Callbacks {
	onWritable(bytes: number): void;
	onError(error: unknown): void;
}

/** A stream class that ends, before anything is written, where it turns out to be a plain one: it has no cipher suite. */
function secured(io: PostSocket["io"]): PostSocket["io"] {
	return class extends (io as Socket) {
		constructor(options: Callbacks) {
			super({
				...options,
				onWritable: (bytes: number) => {
					if (typeof (this as { cipherSuite?: unknown }).cipherSuite === "string") options.onWritable(bytes);
					else options.onError(new RegistrationError("not-secure", "the stream isn't TLS"));
				},
			});
		}
	} as unknown as PostSocket["io"];
}

function taken(onAnswer: (bytes: Uint8Array) => void, body: Uint8Array): RegistrationError | undefined {
	try {
		onAnswer(body);
		return undefined;
	} catch (error) {
		return error instanceof RegistrationError ? error : new RegistrationError("bad-answer", undefined, error);
	}
}

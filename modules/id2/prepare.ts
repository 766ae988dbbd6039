import type { HttpError } from "http/error";
import Post, { type PostSocket } from "http/post";
import type { Id2Identity } from "identity/identity";
import type { SigningCrypto } from "identity/sign";
import type { Prepare } from "mqtt/client";
import { MqttError } from "mqtt/error";
import type { Carrier } from "./carrier";
import Challenge, { CHALLENGE_PATH, type LinkKey } from "./challenge";
import { Id2Error } from "./error";

export interface PrepareOptions {
	readonly identity: Id2Identity;
	readonly carrier: Carrier;
	/** A plain TCP class with `host`, `port` and more options: the question goes to the MQTT port, in the clear. */
	readonly socket: PostSocket;
	readonly crypto: SigningCrypto;
}

const ANSWER_MAX = 512;
const TIMEOUT = 15_000;

/** For `mqtt/client`: each connection begins with a challenge of its own, whose key is the link's. */
export function prepareId2(options: PrepareOptions): Prepare {
	return (done) => {
		const { identity, carrier, socket, crypto } = options;
		const challenge = new Challenge(identity, carrier);
		const post = new Post({
			socket,
			path: CHALLENGE_PATH,
			type: "application/json",
			body: challenge.question(crypto),
			limit: ANSWER_MAX,
			timeout: TIMEOUT,
			onDone(error, status, body) {
				if (error) return done(failed(ofHttp(error)));
				if (status >= 500) return done(failed(new Id2Error("server", `status ${status}`)));
				let psk: LinkKey;
				try {
					psk = challenge.linkKey(body);
				} catch (thrown) {
					return done(failed(thrown as Error));
				}
				try {
					done(undefined, { secure: { psk } });
				} finally {
					psk.key.close(); // TLS has a copy, for as long as that connection
				}
			},
		});
		return () => post.close();
	};
}

function failed(cause: Error): MqttError {
	return new MqttError("preparation", { detail: `id2: ${cause.message}`, cause });
}

function ofHttp(error: HttpError): Id2Error {
	return new Id2Error(error.code === "timeout" ? "timeout" : "network", error.message, error);
}

import { equal, hex, hmac, type Key, random, unhex } from "hal/crypto";
import { encode } from "hal/text";
import type { Id2Identity } from "identity/identity";
import { type Span, spansIn, textAt } from "identity/json";
import { type SigningCrypto, sign, signContent } from "identity/sign";
import type { Carrier } from "./carrier";
import { Id2Error } from "./error";

// The one round trip before TLS; README.md has the words of it. Nothing that is sent is secret.

export const CHALLENGE_PATH = "/auth/id2/challenge";

const RANDOM_LENGTH = 16;
const SERVER = "id2 server";
const PSK = "id2 psk";

/** What TLS takes in place of certificates. */
export interface LinkKey {
	readonly identity: string;
	readonly key: Key;
}

/** One question to the cloud and what is to be made of its answer. It serves one connection. */
export default class Challenge {
	#identity: Id2Identity;
	#carrier: Carrier;
	#random: Uint8Array;

	/** @param nonce 16 random bytes; a test gives them. */
	constructor(identity: Id2Identity, carrier: Carrier, nonce: Uint8Array = random(RANDOM_LENGTH)) {
		this.#identity = identity;
		this.#carrier = carrier;
		this.#random = nonce;
	}

	/** The body of the question, JSON. */
	question(crypto: SigningCrypto): string {
		const { productKey, deviceName, productSecret } = this.#identity;
		const { id2 } = this.#carrier;
		const nonce = hex(this.#random);
		const content = signContent({ deviceName, id2, productKey, random: nonce });
		return JSON.stringify({
			productKey,
			deviceName,
			id2,
			random: nonce,
			signmethod: "hmacsha256",
			sign: sign(crypto, "hmacsha256", productSecret, content),
		});
	}

	/**
	 * The link's key, once the answer has shown that the cloud knows the carrier's key, too.
	 *
	 * @param answer the answer's body; it's changed. @throws {Id2Error}
	 */
	linkKey(answer: Uint8Array): LinkKey {
		const { challenge, proof } = read(answer);
		const { productKey, deviceName } = this.#identity;
		const names = encode(`${productKey}\0${deviceName}\0${this.#carrier.id2}\0`);
		const transcript = [names, this.#random, challenge];
		if (!this.#proves(transcript, proof)) throw new Id2Error("proof");
		return { identity: `id2|${hex(challenge)}`, key: this.#mac(PSK, transcript) };
	}

	/** Whether `proof` is what the carrier makes of the same. */
	#proves(transcript: readonly Uint8Array[], proof: Uint8Array): boolean {
		const mac = this.#mac(SERVER, transcript);
		// Compared by what both make as keys of one more HMAC: so the carrier's answer needn't become bytes.
		const right = equal(hmac("SHA256", mac, this.#random), hmac("SHA256", proof, this.#random));
		mac.close();
		return right;
	}

	#mac(label: string, transcript: readonly Uint8Array[]): Key {
		try {
			return this.#carrier.mac(label, transcript);
		} catch (error) {
			throw new Id2Error("carrier", (error as Error).name, error);
		}
	}
}

/** @throws {Id2Error} what the cloud refuses, or an answer that is none. */
function read(answer: Uint8Array): { challenge: Uint8Array; proof: Uint8Array } {
	let spans: ReadonlyMap<string, Span>;
	try {
		spans = spansIn(answer);
	} catch (error) {
		throw new Id2Error("bad-answer", undefined, error);
	}
	const code = textAt(answer, spans.get("code"), "number");
	if (code === undefined) throw new Id2Error("bad-answer", "no code");
	if (code !== "200") throw refusal(code, textAt(answer, spans.get("message")) ?? "");
	return { challenge: digitsAt(answer, spans, "data.challenge"), proof: digitsAt(answer, spans, "data.proof") };
}

function digitsAt(answer: Uint8Array, spans: ReadonlyMap<string, Span>, path: string): Uint8Array {
	const text = textAt(answer, spans.get(path)) ?? "";
	if (!/^[0-9a-fA-F]{64}$/.test(text)) throw new Id2Error("bad-answer", path);
	return unhex(text);
}

function refusal(code: string, message: string): Id2Error {
	const detail = `code ${code} ${message}`.trim();
	switch (code) {
		case "403":
			return new Id2Error("signature", detail);
		case "460":
			return new Id2Error("unknown", detail);
		case "461":
			return new Id2Error("exhausted", detail);
		default:
			return new Id2Error(/^5\d\d$/.test(code) ? "server" : "refused", detail);
	}
}

import { Key } from "hal/crypto";
import { type Span, spansIn, textAt } from "identity/json";
import { RegistrationError } from "./error";
import type { Kind } from "./request";

/** What the platform gave: the secret is a key from its first moment on. */
export type Grant =
	| { readonly kind: "register"; readonly deviceSecret: Key }
	| { readonly kind: "regnwl"; readonly clientId: string; readonly deviceToken: Key };

/** Who asked. */
export interface Asked {
	readonly kind: Kind;
	readonly productKey: string;
	readonly deviceName: string;
}

/** The longest secret or token, bytes. */
const SECRET_MAX = 512;

type Spans = ReadonlyMap<string, Span>;

/**
 * What was pushed on `/ext/register` or `/ext/regnwl`. `bytes` are wiped, whatever comes of them.
 *
 * @throws {RegistrationError} `bad-answer`.
 */
export function readPushed(bytes: Uint8Array, asked: Asked): Grant {
	return wiping(bytes, () => grantIn(bytes, spansIn(bytes), "", asked));
}

/** The answer to the form: `{"code":200,"data":{…},"message":"success"}`. As `readPushed`; what is refused is thrown, too. */
export function readAnswered(bytes: Uint8Array, asked: Asked): Grant {
	return wiping(bytes, () => {
		const spans = spansIn(bytes);
		const code = textAt(bytes, spans.get("code"), "number") ?? textAt(bytes, spans.get("code"));
		if (code === "200") return grantIn(bytes, spans, "data.", asked);
		if (code === undefined) throw new RegistrationError("bad-answer", "no code");
		throw refusal(code, textAt(bytes, spans.get("message")) ?? "");
	});
}

/** What the certificate of a device says who it is: `/ext/auth/identity/response`. Nothing in it is secret. */
export function readNames(bytes: Uint8Array): { productKey: string; deviceName: string } {
	return wiping(bytes, () => {
		const spans = spansIn(bytes);
		const productKey = textAt(bytes, spans.get("productKey"));
		const deviceName = textAt(bytes, spans.get("deviceName"));
		if (!productKey || !deviceName) throw new RegistrationError("bad-answer", "no names");
		return { productKey, deviceName };
	});
}

function wiping<T>(bytes: Uint8Array, read: () => T): T {
	try {
		return read();
	} catch (error) {
		if (error instanceof RegistrationError) throw error;
		throw new RegistrationError("bad-answer", (error as Error).message, error);
	} finally {
		bytes.fill(0);
	}
}

function grantIn(bytes: Uint8Array, spans: Spans, path: string, asked: Asked): Grant {
	for (const name of ["productKey", "deviceName"] as const) {
		if (textAt(bytes, spans.get(path + name)) !== asked[name])
			throw new RegistrationError("bad-answer", `another ${name}`);
	}
	if (asked.kind === "register") {
		return { kind: "register", deviceSecret: secretAt(bytes, spans, `${path}deviceSecret`) };
	}
	const clientId = textAt(bytes, spans.get(`${path}clientId`));
	if (clientId === undefined || !/^[^|]{1,128}$/.test(clientId))
		throw new RegistrationError("bad-answer", "no clientId");
	return { kind: "regnwl", clientId, deviceToken: secretAt(bytes, spans, `${path}deviceToken`) };
}

function secretAt(bytes: Uint8Array, spans: Spans, path: string): Key {
	const span = spans.get(path);
	if (span?.kind !== "string" || span.end === span.start || span.end - span.start > SECRET_MAX) {
		throw new RegistrationError("bad-answer", "no secret");
	}
	for (let i = span.start; i < span.end; i += 1) {
		const byte = bytes[i] as number;
		if (byte < 0x20 || byte > 0x7e) throw new RegistrationError("bad-answer", "a secret of other letters");
	}
	return Key.from(bytes.subarray(span.start, span.end));
}

/** The platform prints few of its codes: 5xx is its own failure, 460 a parameter's; 6289 and 6291 are our cloud's. */
function refusal(code: string, message: string): RegistrationError {
	const detail = `code ${code} ${message}`.trim();
	if (/^5\d\d$/.test(code)) return new RegistrationError("server", detail);
	switch (code) {
		case "400":
		case "460":
			return new RegistrationError("malformed", detail);
		case "6289":
			return new RegistrationError("already-active", `${detail}: ResetThing lets it register again`);
		case "6291":
			return new RegistrationError("exhausted", detail);
		default:
			return new RegistrationError("refused", detail);
	}
}

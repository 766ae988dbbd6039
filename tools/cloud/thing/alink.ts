/** A request of the platform's JSON form: {"id","version","params","method"}. */
export interface AlinkRequest {
	/** As the device wrote it; a number becomes its decimal text. */
	id: string;
	params: unknown;
	/** False when the device asked for no answer ("sys":{"ack":0}). */
	ack: boolean;
}

/** Codes of replies (FACTS.md: 200 is success; the others are the platform's own). */
export const Code = Object.freeze({
	success: 200,
	/** The request is not JSON, or lacks what it needs. */
	parameters: 460,
	/** The cloud failed. */
	failure: 500,
	/** There is no configuration for the device. */
	noConfiguration: 6710,
	/** The function is not served here. */
	unavailable: 503,
});

/** Reads a request; undefined when it is not a JSON object. An id is not required: a missing one is "". */
export function readRequest(payload: Buffer): AlinkRequest | undefined {
	const value = readObject(payload);
	if (!value) return undefined;
	const { id, params, sys } = value;
	const ack = !(isObject(sys) && sys["ack"] === 0);
	return { id: typeof id === "string" ? id : typeof id === "number" ? String(id) : "", params, ack };
}

/**
 * A reply as compact JSON, `id` first: the C SDKs search the text for the first `"id":` and take no space after a
 * colon; the Python SDK wants `data` and `message` in every reply (STOCK-CLIENTS facts 6 and 7, §1b).
 */
export function reply(
	id: string,
	code: number,
	data: unknown,
	method: string | undefined,
	message = code === Code.success ? "success" : "request failed",
): Buffer {
	return Buffer.from(
		JSON.stringify({ id, code, data, message, ...(method !== undefined && { method }), version: "1.0" }),
	);
}

/** A JSON object, or undefined for anything else. */
export function readObject(payload: Buffer): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(payload.toString("utf8"));
		return isObject(value) ? value : undefined;
	} catch {
		// The C SDK's shadow delete is not JSON (STOCK-CLIENTS fact 19): an answer says so, nothing else happens.
		return undefined;
	}
}

/** A JSON object and not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

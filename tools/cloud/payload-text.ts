/** How many characters of a message body an event or a log line shows. */
const SHOWN = 400;

/** Topics whose bodies carry a secret to the device: their bodies are never shown or kept. */
const SECRET = [
	/^\/ext\/(register|regnwl)$/,
	/\/thing\/(sub\/register|proxy\/provisioning\/product_register)(_reply)?$/,
];

/** Whether a message on this topic carries a secret. */
export function isSecretTopic(topic: string): boolean {
	return SECRET.some((pattern) => pattern.test(topic));
}

/** A message body as text for people: JSON and other text as it is, bytes as hex, long ones cut, secrets left out. */
export function payloadText(topic: string, payload: Uint8Array): string {
	if (isSecretTopic(topic)) return "(secret, not shown)";
	const head = Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.byteLength, SHOWN));
	const more = payload.byteLength > SHOWN ? "…" : "";
	const text = head.toString("utf8");
	// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells bytes from text here
	const readable = !/[\u0000-\u0008\u000e-\u001f]/.test(text) && (more !== "" || !text.includes("\ufffd"));
	return readable ? text.replace(/[\r\n]+\s*/g, " ") + more : `0x${head.subarray(0, SHOWN / 2).toString("hex")}${more}`;
}

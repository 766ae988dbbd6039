import { byteLength, encode, isUtf8 } from "hal/text";

/** The longest topic or filter this client sends, in bytes of UTF-8; the platform takes 128. */
export const TOPIC_MAX = 256;

function check(topic: string, what: string): Uint8Array {
	if (typeof topic !== "string") throw new TypeError(`${what} is no string`);
	const length = byteLength(topic);
	if (length < 1 || length > TOPIC_MAX) throw new RangeError(`${what}: 1 to ${TOPIC_MAX} bytes`);
	const bytes = encode(topic);
	if (!isUtf8(bytes)) throw new RangeError(`${what} contains U+0000`);
	return bytes;
}

/**
 * A topic as a packet holds it: its length in two bytes, then UTF-8 (1.5.3).
 *
 * @throws {TypeError} no string. @throws {RangeError} empty, too long, with U+0000 or a wildcard (4.7.1).
 */
export function topicField(topic: string): Uint8Array {
	const bytes = check(topic, "topic");
	if (topic.includes("+") || topic.includes("#")) throw new RangeError("topic contains a wildcard");
	const field = new Uint8Array(bytes.byteLength + 2);
	field[0] = bytes.byteLength >> 8;
	field[1] = bytes.byteLength & 0xff;
	field.set(bytes, 2);
	return field;
}

/** @throws {TypeError} no string. @throws {RangeError} no topic filter (4.7.1): `+` or `#` not alone in its level, `#` not last. */
export function checkFilter(filter: string): void {
	check(filter, "filter");
	const levels = filter.split("/");
	const last = levels.length - 1;
	levels.forEach((level, index) => {
		const wrong = level.length > 1 ? level.includes("+") || level.includes("#") : level === "#" && index < last;
		if (wrong) throw new RangeError("filter: a wildcard at a wrong place");
	});
}

/** Whether a topic filter takes a topic (4.7.1, 4.7.2: a wildcard in front doesn't take topics that begin with `$`). */
export function matches(filter: string, topic: string): boolean {
	if (filter === topic) return true;
	if (topic.startsWith("$") && !filter.startsWith("$")) return false;
	const wanted = filter.split("/");
	const given = topic.split("/");
	for (let i = 0; i < wanted.length; i += 1) {
		const level = wanted[i];
		if (level === "#") return true;
		if (i >= given.length || (level !== "+" && level !== given[i])) return false;
	}
	return wanted.length === given.length;
}

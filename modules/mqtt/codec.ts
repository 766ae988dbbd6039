// MQTT 3.1.1 packets that a client sends, into buffers that the caller owns. What a client receives is in reader.ts.
// Numbers in brackets are sections of the OASIS standard MQTT 3.1.1.

import type { Key } from "hal/crypto";
import { byteLength, copyInto, encodeInto } from "hal/text";

/** The most that the remaining length field can say (2.2.3). */
export const REMAINING_LENGTH_MAX = 268_435_455;

/** 4 is MQTT 3.1.1, 3 is MQTT 3.1. */
export type ProtocolLevel = 3 | 4;

export interface Connect {
	readonly level: ProtocolLevel;
	readonly clientId: string;
	readonly userName?: string | undefined;
	/** A `Key` is copied into the packet: whoever writes that wipes it afterwards. */
	readonly password?: string | Key | undefined;
	/** Seconds. */
	readonly keepAlive: number;
	readonly clean: boolean;
}

/** Bytes that the remaining length field takes for `length`. */
export function lengthSize(length: number): number {
	if (length < 128) return 1;
	if (length < 16_384) return 2;
	return length < 2_097_152 ? 3 : 4;
}

/** Write a remaining length (2.2.3). @returns where the next byte goes. */
function writeLength(into: Uint8Array, at: number, length: number): number {
	while (length > 127) {
		into[at++] = (length & 127) | 128;
		length >>>= 7;
	}
	into[at] = length;
	return at + 1;
}

/** Write a string with its length in front (1.5.3). @returns where the next byte goes. @throws {RangeError} past 65,535 bytes. */
function writeString(into: Uint8Array, at: number, string: string): number {
	const length = encodeInto(string, into, at + 2);
	if (length > 0xffff) throw new RangeError("a string of more than 65,535 bytes");
	into[at] = length >> 8;
	into[at + 1] = length & 0xff;
	return at + 2 + length;
}

/** A buffer for a packet of `length` bytes after its fixed header, with that header in it. */
function packet(first: number, length: number): { bytes: Uint8Array; at: number } {
	const bytes = new Uint8Array(1 + lengthSize(length) + length);
	bytes[0] = first;
	return { bytes, at: writeLength(bytes, 1, length) };
}

const stringSize = (string: string | undefined): number => (string === undefined ? 0 : 2 + byteLength(string));

/** As `writeString`, of a secret that is no string. */
function writeKey(into: Uint8Array, at: number, key: Key): void {
	const length = key.copyTo(into, at + 2);
	into[at] = length >> 8;
	into[at + 1] = length & 0xff;
}

/**
 * CONNECT (3.1). Will and retain are not for this platform and don't exist here.
 *
 * @throws {RangeError} a string of more than 65,535 bytes. @throws {TypeError} a password without a user name (3.1.2.9).
 */
export function connect(options: Connect): Uint8Array {
	const { level, clientId, userName, password, keepAlive, clean } = options;
	if (password !== undefined && userName === undefined) throw new TypeError("a password without a user name");
	const name = level === 4 ? "MQTT" : "MQIsdp";
	const proof = typeof password === "object" ? 2 + password.byteLength : stringSize(password);
	const length = stringSize(name) + 4 + stringSize(clientId) + stringSize(userName) + proof;
	const { bytes, at } = packet(0x10, length);
	let end = writeString(bytes, at, name);
	bytes[end++] = level;
	bytes[end++] = (userName === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40) | (clean ? 0x02 : 0);
	bytes[end++] = keepAlive >> 8;
	bytes[end++] = keepAlive & 0xff;
	end = writeString(bytes, end, clientId);
	if (userName !== undefined) end = writeString(bytes, end, userName);
	if (typeof password === "object") writeKey(bytes, end, password);
	else if (password !== undefined) writeString(bytes, end, password);
	return bytes;
}

/** The size of a PUBLISH (3.3) whose topic field (length and UTF-8) and payload have these sizes. */
export function publishSize(topicField: number, payload: number, qos: 0 | 1): number {
	const length = topicField + payload + (qos << 1);
	return 1 + (length < 128 ? 1 : length < 16_384 ? 2 : lengthSize(length)) + length;
}

/**
 * PUBLISH (3.3) into `into` from `at`, which has room for `publishSize`; `topicField` is made by `topicField()` of topic.ts.
 *
 * @param topicSize bytes of the field. @param payloadLength bytes that `payload` has (in UTF-8, when it's a string).
 */
export function publish(
	into: Uint8Array,
	at: number,
	topicField: Uint8Array,
	topicSize: number,
	payload: Uint8Array | string,
	payloadLength: number,
	qos: 0 | 1,
	id: number,
): void {
	const length = topicSize + payloadLength + (qos << 1);
	into[at] = 0x30 | (qos << 1);
	// The two usual sizes here, as a call costs XS more than what it does.
	if (length < 128) {
		into[at + 1] = length;
		at += 2;
	} else if (length < 16_384) {
		into[at + 1] = length | 128; // the array keeps the low eight bits
		into[at + 2] = length >> 7;
		at += 3;
	} else at = writeLength(into, at + 1, length);
	copyInto(topicField, into, at);
	at += topicSize;
	if (qos === 1) {
		into[at] = id >> 8;
		into[at + 1] = id & 0xff;
		at += 2;
	}
	if (typeof payload === "string") encodeInto(payload, into, at);
	else copyInto(payload, into, at);
}

/** Set DUP (3.3.1.1) in the PUBLISH that begins at `at`. */
export function setDup(bytes: Uint8Array, at: number): void {
	bytes[at] = (bytes[at] as number) | 0x08;
}

/** PUBACK (3.4) into the first four bytes of `into`. */
export function puback(into: Uint8Array, id: number): void {
	into[0] = 0x40;
	into[1] = 2;
	into[2] = id >> 8;
	into[3] = id & 0xff;
}

export interface Wanted {
	readonly filter: string;
	readonly qos: 0 | 1;
}

/** SUBSCRIBE (3.8). */
export function subscribe(id: number, wanted: readonly Wanted[]): Uint8Array {
	const { bytes, at } = request(0x82, id, wanted, 1);
	let end = at;
	for (const { filter, qos } of wanted) {
		end = writeString(bytes, end, filter);
		bytes[end++] = qos;
	}
	return bytes;
}

/** UNSUBSCRIBE (3.10). */
export function unsubscribe(id: number, wanted: readonly Wanted[]): Uint8Array {
	const { bytes, at } = request(0xa2, id, wanted, 0);
	let end = at;
	for (const { filter } of wanted) end = writeString(bytes, end, filter);
	return bytes;
}

function request(first: number, id: number, wanted: readonly Wanted[], each: 0 | 1): { bytes: Uint8Array; at: number } {
	let length = 2;
	for (const { filter } of wanted) length += stringSize(filter) + each;
	const { bytes, at } = packet(first, length);
	bytes[at] = id >> 8;
	bytes[at + 1] = id & 0xff;
	return { bytes, at: at + 2 };
}

/** PINGREQ (3.12). */
export const pingreq = (): Uint8Array => Uint8Array.of(0xc0, 0);

/** DISCONNECT (3.14). */
export const disconnect = (): Uint8Array => Uint8Array.of(0xe0, 0);

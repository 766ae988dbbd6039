// UTF-8 in C, as XS has no TextEncoder: a loop over characters in JavaScript costs ten times as much.

/** The bytes of `string` in UTF-8, in an array of its own. Lone surrogates become U+FFFD. */
export function encode(string: string): Uint8Array<ArrayBuffer>;

/**
 * Write `string` in UTF-8 into `into` from `offset` (default 0).
 *
 * @returns the number of bytes written.
 * @throws {RangeError} when it doesn't fit; nothing is written then.
 */
export function encodeInto(string: string, into: Uint8Array, offset?: number): number;

/**
 * Write `bytes`, UTF-8 already or whatever they are, into `into` from `offset` (default 0). They may overlap.
 * On XS `Uint8Array.prototype.set` costs some hundred instructions a byte; this is C's memmove.
 *
 * @returns the number of bytes written.
 * @throws {RangeError} when they don't fit; nothing is written then.
 */
export function copyInto(bytes: Uint8Array, into: Uint8Array, offset?: number): number;

/** The length of `string` in UTF-8, in bytes. */
export function byteLength(string: string): number;

/**
 * The string that `bytes` from `start` (default 0) to `end` (default all) are in UTF-8.
 *
 * @throws {TypeError} when they are no well-formed UTF-8 (overlong forms and surrogates are not).
 */
export function decode(bytes: Uint8Array, start?: number, end?: number): string;

/** Whether `bytes` are well-formed UTF-8 without U+0000: what MQTT (1.5.3) takes as a string. */
export function isUtf8(bytes: Uint8Array, start?: number, end?: number): boolean;

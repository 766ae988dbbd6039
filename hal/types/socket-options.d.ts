// Checks that hal/moddable's sockets share: the SDK's C takes what it is given.

/** IPv4 in dotted form, or IPv6. */
export function isAddress(text: string): boolean;

/**
 * The address of a host that needs no resolver, `undefined` for a name.
 *
 * @throws {TypeError} {RangeError} when it can be neither.
 */
export function addressOf(host: unknown): string | undefined;

/** @throws {TypeError} {RangeError} unless it is a whole number from `least` to 65535. */
export function checkPort(port: unknown, least: 0 | 1): void;

/** @throws {TypeError} when `options` is no object, or one of its callbacks (by name) is something else than a function. */
export function checkOptions(options: unknown, ...callbacks: string[]): void;

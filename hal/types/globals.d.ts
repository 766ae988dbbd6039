// What every host of ours gives beside ECMAScript (the Moddable SDK gives it too): `native`, `Native`, `trace`, `console`.

/**
 * The host function `void name(xsMachine*)` that the platform's C exports.
 * tools/build makes it once a module, so a call costs what any host function costs.
 *
 * @throws {ReferenceError} when the platform's C has no such function.
 */
declare function native<F extends (this: never, ...args: never[]) => unknown = NativeFunction>(name: string): F;

/** A host function that nobody gave a signature: arguments and result are checked by the class around it. */
// biome-ignore lint/suspicious/noExplicitAny: a host function's real signature is what the caller assigns it to.
type NativeFunction = (this: any, ...args: any[]) => any;

/**
 * The base class of objects that own C data: `destructor` names the C function that frees it (at `close()` or collection).
 */
declare function Native(destructor: string): new () => NativeObject;

/** An object with C data behind it; nothing of that can be seen from JavaScript. */
declare class NativeObject {
	private readonly nativeBrand: never;
}

interface Console {
	/** Each value as by `String(value)`, joined by a space, one line on the device's console. */
	log(...values: unknown[]): void;
	info(...values: unknown[]): void;
	warn(...values: unknown[]): void;
	error(...values: unknown[]): void;
	debug(...values: unknown[]): void;
}

declare const console: Console;

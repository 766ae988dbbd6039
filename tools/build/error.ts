/** Why a build stopped. Every one is a mistake in the program, its manifests or the machine: none goes away by itself. */
export type BuildErrorCode =
	/** A manifest that cannot be read, is no JSON, or has a key of the wrong shape. `detail`: `file: key`. */
	| "manifest"
	/** A manifest's own `error`: this program does not run on this platform. */
	| "platform"
	/** A module, resource or folder that a manifest names is not there, or two files claim one module name. */
	| "module"
	/** The TypeScript or JavaScript cannot be compiled. `detail`: one `file:line: message` a line. */
	| "syntax"
	/** The type check found errors. `detail`: one `file:line: message` a line. */
	| "type"
	/** A program's native functions, partitions, image or memory do not fit the board. */
	| "board"
	/** A chip's ROM cannot be made: a module can't be preloaded, or there is no room. `detail`: what the firmware said. */
	| "rom"
	/** A compiler or make could not be run. `detail`: the end of what it printed. */
	| "tool";

/** What `tools/build` throws. `retry` is always "never": the same input fails again. */
export class BuildError extends Error {
	override readonly name = "BuildError";
	readonly retry = "never";
	readonly code: BuildErrorCode;
	readonly detail: string | undefined;

	constructor(code: BuildErrorCode, message: string, options: { cause?: unknown; detail?: string } = {}) {
		super(message, options.cause === undefined ? undefined : { cause: options.cause });
		this.code = code;
		this.detail = options.detail;
	}
}

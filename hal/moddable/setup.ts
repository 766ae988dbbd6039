// The SDK runs modules whose name begins with setup/ before main.

function line(...values: unknown[]): void {
	trace(`${values.map(String).join(" ")}\n`);
}

/** The SDK has `trace` alone. */
function giveConsole(): void {
	const console: Console = { log: line, info: line, warn: line, error: line, debug: line };
	(globalThis as { console?: Console }).console = console;
}

/** Called before a machine ends (defines.xs.abortHook; on ESP32 only): what it was goes into the last words. */
function abort(status: string, exception: unknown): void {
	const thrown = exception instanceof Error ? exception : undefined;
	native("xs_device_ends")(status, thrown ? String(thrown) : status, thrown?.stack ?? "");
}

export default function setup(done: () => void): void {
	native("xs_device_start")();
	giveConsole();
	(globalThis as { abort?: typeof abort }).abort = abort;
	done();
}

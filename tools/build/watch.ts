import { createHash } from "node:crypto";
import { type FSWatcher, readFileSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { type BuildOptions, type BuildResult, buildImage } from "./build";
import { checkTypes } from "./check";
import { Compiler } from "./compiler";
import { BuildError } from "./error";
import { compilerPath } from "./places";

/** What a watch tells. */
export interface WatchCallbacks {
	/**
	 * A new image is there. Not called when nothing in it changed.
	 *
	 * @param saved when the first of the changes was seen, by `performance.now()`: what "save to running" counts from.
	 */
	onBuilt(result: BuildResult, saved: number): void;
	/** The program cannot be built as it is now; the last image stays. */
	onFailed(error: BuildError): void;
	/** The type check, which runs beside the device, has ended. */
	onChecked?(error: BuildError | undefined): void;
}

export interface Watch {
	/** The image that was there at first. */
	readonly result: BuildResult;
	close(): void;
}

/** An editor writes a file in several steps; what comes within this time is one change. Milliseconds. */
const QUIET = 25;

/**
 * Builds an image, then builds it anew whenever a file of the program changes: its modules, its manifests, its data, and
 * files that come or go beside them. The compiler stays loaded, so a change takes some 30 ms; types are checked beside,
 * and only told.
 *
 * @throws {BuildError} when the first build fails.
 */
export async function watchImage(options: BuildOptions, callbacks: WatchCallbacks): Promise<Watch> {
	const watcher = new Watcher(options, callbacks);
	try {
		const result = await watcher.start();
		return { result, close: () => watcher.close() };
	} catch (error) {
		watcher.close();
		throw error;
	}
}

class Watcher {
	readonly #options: BuildOptions;
	readonly #callbacks: WatchCallbacks;
	readonly #folders = new Map<string, FSWatcher>();
	#compiler: Compiler;
	#image = "";
	#timer: NodeJS.Timeout | undefined;
	#saved: number | undefined;
	#building = false;
	#closed = false;
	#check: AbortController | undefined;

	constructor(options: BuildOptions, callbacks: WatchCallbacks) {
		this.#compiler = new Compiler(compilerPath());
		this.#options = options;
		this.#callbacks = callbacks;
	}

	async start(): Promise<BuildResult> {
		const [result] = await Promise.all([
			buildImage({ ...this.#options, compiler: this.#compiler }),
			import("./transpile"), // Loaded before it is needed: 0.3 s that the first change would wait for.
		]);
		this.#image = digest(result.image);
		this.#follow(result.files);
		return result;
	}

	close(): void {
		this.#closed = true;
		clearTimeout(this.#timer);
		this.#check?.abort();
		for (const folder of this.#folders.values()) folder.close();
		this.#compiler.close();
	}

	/** Folders, not files: editors replace a file by another one, and new files must be seen. */
	#follow(files: readonly string[]): void {
		const wanted = new Set(files.map((path) => dirname(path)));
		for (const [path, folder] of this.#folders) {
			if (wanted.has(path)) continue;
			folder.close();
			this.#folders.delete(path);
		}
		for (const path of wanted) {
			if (this.#folders.has(path)) continue;
			const folder = watch(path, (_, name) => this.#changed(name ?? ""));
			folder.on("error", () => this.#folders.delete(path)); // The folder is gone; the next build says so.
			this.#folders.set(path, folder);
		}
	}

	#changed(name: string): void {
		const file = basename(name);
		if (this.#closed || file.startsWith(".") || file.endsWith("~") || file.endsWith(".swp") || file === "4913") return;
		this.#saved ??= performance.now();
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => void this.#build(), QUIET);
	}

	async #build(): Promise<void> {
		if (this.#building) return; // The one that runs sees to it at its end.
		this.#building = true;
		try {
			while (this.#saved !== undefined && !this.#closed) {
				const saved = this.#saved;
				this.#saved = undefined;
				await this.#buildOnce(saved);
			}
		} finally {
			this.#building = false;
		}
	}

	async #buildOnce(saved: number): Promise<void> {
		this.#check?.abort();
		try {
			const result = await buildImage({ ...this.#options, check: false, compiler: this.#compiler });
			if (this.#closed) return;
			this.#follow(result.files);
			const image = digest(result.image);
			if (image === this.#image) return;
			this.#image = image;
			this.#callbacks.onBuilt(result, saved);
			if (this.#options.check !== false) this.#checkBeside(result);
		} catch (error) {
			if (this.#closed) return;
			const failed = error instanceof BuildError ? error : vanished(error);
			if (failed.code === "tool") this.#compiler = new Compiler(compilerPath());
			this.#callbacks.onFailed(failed);
		}
	}

	#checkBeside({ modules }: BuildResult): void {
		const check = new AbortController();
		this.#check = check;
		checkTypes(modules, check.signal).then(
			() => check.signal.aborted || this.#callbacks.onChecked?.(undefined),
			(error: unknown) => {
				if (!check.signal.aborted && error instanceof BuildError) this.#callbacks.onChecked?.(error);
			},
		);
	}
}

/** An editor replaces a file by taking it away first: whoever looks just then finds none, and the next change mends it. */
function vanished(error: unknown): BuildError {
	return new BuildError("module", error instanceof Error ? error.message : String(error), { cause: error });
}

function digest(path: string): string {
	return createHash("sha256").update(readFileSync(path)).digest("hex");
}

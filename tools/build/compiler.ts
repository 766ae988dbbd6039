import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { BuildError } from "./error";

/** What the byte-code compiler wrote: the two buffers of XS's txScript before its ids are resolved. */
export interface ByteCode {
	readonly symbols: Buffer;
	readonly code: Buffer;
}

/** One module to compile. `path` is what stack traces call it. */
export interface CompileRequest {
	readonly path: string;
	readonly source: string;
	readonly lines: Uint32Array;
	readonly debug: boolean;
}

interface Waiting {
	resolve(code: ByteCode): void;
	reject(error: BuildError): void;
	path: string;
}

const HEADER = 12;

/**
 * The byte-code compiler (xsc/xsc.c) as a process that stays: requests are written one after the other, answers come in
 * the same order. Ends with `close()`; a compiler that dies fails every request it has not answered.
 */
export class Compiler {
	readonly #process: ChildProcessWithoutNullStreams;
	readonly #waiting: Waiting[] = [];
	#input: Buffer[] = [];
	#size = 0;
	#messages = "";
	#closed = false;

	constructor(path: string) {
		this.#process = spawn(path, [], { stdio: ["pipe", "pipe", "pipe"] });
		this.#process.stdout.on("data", (data: Buffer) => this.#read(data));
		this.#process.stderr.on("data", (data: Buffer) => {
			this.#messages = (this.#messages + data.toString()).slice(-2000);
		});
		this.#process.stdin.on("error", () => {}); // "close" reports it
		this.#process.on("error", (cause) => this.#fail(cause));
		this.#process.on("close", () => this.#fail());
	}

	/** @throws {BuildError} "syntax" with `file:line: message` lines; "tool" when the compiler is gone. */
	compile(request: CompileRequest): Promise<ByteCode> {
		if (this.#closed) return Promise.reject(new BuildError("tool", "the byte-code compiler has ended"));
		const name = Buffer.from(request.path);
		const source = Buffer.from(request.source);
		const lines = Buffer.alloc(request.lines.length * 4);
		request.lines.forEach((line, index) => {
			lines.writeUInt32LE(line, index * 4);
		});
		const head = Buffer.alloc(16);
		head.writeUInt32LE(name.length, 0);
		head.writeUInt32LE(source.length, 4);
		head.writeUInt32LE(request.lines.length, 8);
		head.writeUInt32LE(request.debug ? 1 : 0, 12);
		return new Promise((resolve, reject) => {
			this.#waiting.push({ resolve, reject, path: request.path });
			this.#process.stdin.write(Buffer.concat([head, name, source, lines]));
		});
	}

	close(): void {
		this.#closed = true;
		this.#process.stdin.end();
	}

	#read(data: Buffer): void {
		this.#input.push(data);
		this.#size += data.length;
		if (this.#size < HEADER) return;
		let bytes = this.#input.length === 1 ? data : Buffer.concat(this.#input);
		while (bytes.length >= HEADER) {
			const first = bytes.readUInt32LE(4);
			const second = bytes.readUInt32LE(8);
			const end = HEADER + first + second;
			if (bytes.length < end) break;
			this.#answer(
				bytes.readUInt32LE(0),
				Buffer.from(bytes.subarray(HEADER, HEADER + first)),
				Buffer.from(bytes.subarray(HEADER + first, end)),
			);
			bytes = bytes.subarray(end);
		}
		this.#input = bytes.length ? [bytes] : [];
		this.#size = bytes.length;
	}

	#answer(status: number, first: Buffer, second: Buffer): void {
		const waiting = this.#waiting.shift();
		if (!waiting) return;
		if (status === 0) waiting.resolve({ symbols: first, code: second });
		else {
			const detail = first.toString().trimEnd();
			waiting.reject(new BuildError("syntax", `${waiting.path} cannot be compiled`, { detail }));
		}
	}

	#fail(cause?: unknown): void {
		this.#closed = true;
		const detail = this.#messages.trim();
		for (const waiting of this.#waiting.splice(0))
			waiting.reject(
				new BuildError("tool", `the byte-code compiler ended while it compiled ${waiting.path}`, { cause, detail }),
			);
	}
}

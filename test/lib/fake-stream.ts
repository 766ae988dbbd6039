// A stream in the hands of a test: ECMA-419's TCP as far as modules/mqtt asks for it.

interface FakeOptions {
	onReadable(bytes: number): void;
	onWritable(bytes: number): void;
	onError(error?: unknown): void;
	readonly [more: string]: unknown;
}

export class FakeStream {
	/** Every stream that was made, the newest last. */
	static made: FakeStream[] = [];
	/** Thrown by the next constructor. */
	static refuse: Error | undefined;

	readonly options: FakeOptions;
	readonly written: Uint8Array[] = [];
	/** What was written last, taken or not. */
	newest: Uint8Array = new Uint8Array(0);
	closed = false;
	/** Thrown by the next write. */
	broken: Error | undefined;
	#incoming: number[] = [];

	constructor(options: FakeOptions) {
		if (FakeStream.refuse) throw FakeStream.refuse;
		this.options = options;
		FakeStream.made.push(this);
	}

	static get last(): FakeStream {
		const last = FakeStream.made.at(-1);
		if (!last) throw new Error("no stream was made");
		return last;
	}

	read(buffer: Uint8Array): number {
		buffer.set(this.#incoming.splice(0, buffer.byteLength));
		return buffer.byteLength;
	}

	write(bytes: Uint8Array): void {
		if (this.broken) throw this.broken;
		this.newest = bytes.slice();
		this.written.push(this.newest);
	}

	close(): void {
		this.closed = true;
	}

	/** The connection stands, and takes `room` bytes. */
	open(room = 65_536): void {
		this.options.onWritable(room);
	}

	/** The peer sends. */
	receive(bytes: Uint8Array): void {
		this.#incoming.push(...bytes);
		this.options.onReadable(this.#incoming.length);
	}

	/** The connection ends; by default the peer has closed it. */
	fail(error: unknown = Object.assign(new Error("closed"), { code: "closed" })): void {
		this.options.onError(error);
	}

	/** What was written since the last call, as hex, a packet each. */
	take(): string[] {
		return this.written.splice(0).map((bytes) => Buffer.from(bytes).toString("hex"));
	}
}

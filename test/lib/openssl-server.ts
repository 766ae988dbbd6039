// `openssl s_server` as a peer, and a relay in front of one that spoils what passes.
import { type ChildProcess, spawn } from "node:child_process";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** One that runs; a test stops it. */
export class OpensslServer {
	readonly port: number;
	readonly #child: ChildProcess;
	readonly #log: string[];

	private constructor(child: ChildProcess, log: string[], port: number) {
		this.#child = child;
		this.#log = log;
		this.port = port;
	}

	/** On a free port of the loopback; `args` are s_server's own. */
	static start(...args: string[]): Promise<OpensslServer> {
		return OpensslServer.startIn(".", ...args);
	}

	/** In a folder: -WWW and -HTTP serve its files. */
	static startIn(folder: string, ...args: string[]): Promise<OpensslServer> {
		const child = spawn("openssl", ["s_server", "-accept", "127.0.0.1:0", ...args], {
			cwd: folder,
			stdio: ["pipe", "pipe", "pipe"],
		});
		const log: string[] = [];
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => fail("said nothing for 10 s"), 10_000);
			const fail = (why: string) => {
				clearTimeout(timer);
				child.kill();
				reject(new Error(`openssl s_server ${args.join(" ")}: ${why}\n${log.join("")}`));
			};
			child.on("error", (error) => fail(error.message));
			child.on("close", (code) => fail(`ended with ${code}`));
			child.stderr.on("data", (text) => log.push(String(text)));
			child.stdout.on("data", (text) => {
				log.push(String(text));
				const port = /^ACCEPT .*:(\d+)$/m.exec(log.join(""))?.[1];
				if (port) {
					clearTimeout(timer);
					resolve(new OpensslServer(child, log, Number(port)));
				}
			});
		});
	}

	/** All that it printed. */
	get log(): string {
		return this.#log.join("");
	}

	/** What it sends to the peer that is connected (not with -rev or -www). */
	send(text: string): void {
		this.#child.stdin?.write(text);
	}

	stop(): void {
		this.#child.removeAllListeners("close");
		this.#child.kill();
	}
}

/** What became of one connection through a relay, bytes each way as they were on the wire. */
export interface Traffic {
	/** From the client, and from the server. */
	out: number;
	in: number;
	/** The longest record's content from the server. */
	longest: number;
	/** How often the client wrote: chunks as they came. */
	chunks: number;
}

export interface RelayOptions {
	/** Pass no more of the server's bytes than that, then end the connection. */
	readonly cutAfter?: number;
	/** Change one byte of the server's n-th record of application data (from 1). */
	readonly corrupt?: number;
	/** End the connection behind the server's n-th record of application data, before any close_notify. */
	readonly endAfterRecord?: number;
	/** Change a few of the server's first 1500 bytes, which ones by this seed. */
	readonly mutate?: number;
	/** One byte at a time, both ways. */
	readonly byteByByte?: boolean;
	/** Say nothing to anybody. */
	readonly silent?: boolean;
}

/** Splits the server's stream into records and does to them what the options say. */
class Records {
	#rest = Buffer.alloc(0);
	#seen = 0;
	readonly #options: RelayOptions;
	readonly #traffic: Traffic;

	constructor(options: RelayOptions, traffic: Traffic) {
		this.#options = options;
		this.#traffic = traffic;
	}

	/** @returns what passes, and whether that's the end. */
	take(bytes: Buffer): { pass: Buffer; end: boolean } {
		this.#rest = Buffer.concat([this.#rest, bytes]);
		const passed: Buffer[] = [];
		while (this.#rest.length >= 5 && this.#rest.length >= 5 + this.#rest.readUInt16BE(3)) {
			const record = Buffer.from(this.#rest.subarray(0, 5 + this.#rest.readUInt16BE(3)));
			this.#rest = this.#rest.subarray(record.length);
			this.#traffic.longest = Math.max(this.#traffic.longest, record.length - 5);
			passed.push(record);
			if (record[0] !== 23) continue;
			this.#seen++;
			if (this.#seen === this.#options.corrupt) record[record.length - 20] = (record[record.length - 20] ?? 0) ^ 1;
			if (this.#seen === this.#options.endAfterRecord) return { pass: Buffer.concat(passed), end: true };
		}
		return { pass: Buffer.concat(passed), end: false };
	}
}

/** One to three bytes become others; the same seed changes the same places. */
function mutate(bytes: Buffer, offset: number, seed: number): void {
	let state = (seed + 1) * 0x9e3779b1;
	const next = () => {
		state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
		return (state ^ (state >>> 13)) >>> 0;
	};
	for (let i = next() % 3; i >= 0; i--) {
		const at = (next() % 1500) - offset;
		if (at >= 0 && at < bytes.length) bytes[at] = next() & 255;
	}
}

/** A TCP relay to `target` on the loopback. */
export class Relay {
	readonly port: number;
	/** One entry a connection, in their order. */
	readonly traffic: Traffic[] = [];
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();

	private constructor(server: Server) {
		this.#server = server;
		this.port = (server.address() as AddressInfo).port;
	}

	static start(target: number, options: RelayOptions = {}): Promise<Relay> {
		return new Promise((resolve, reject) => {
			const server = createServer({ noDelay: true });
			server.on("error", reject);
			server.listen(0, "127.0.0.1", () => {
				const relay = new Relay(server);
				server.on("connection", (client) => relay.#join(client, target, options));
				resolve(relay);
			});
		});
	}

	#join(client: Socket, target: number, options: RelayOptions): void {
		this.#keep(client);
		if (options.silent) return;
		const traffic: Traffic = { out: 0, in: 0, longest: 0, chunks: 0 };
		this.traffic.push(traffic);
		const server = connect({ port: target, host: "127.0.0.1", noDelay: true });
		this.#keep(server);
		client.on("data", (bytes) => {
			traffic.out += bytes.length;
			traffic.chunks++;
			server.write(bytes);
		});
		const records = new Records(options, traffic);
		server.on("data", (bytes) => {
			if (options.mutate !== undefined) mutate(bytes, traffic.in, options.mutate);
			const { pass, end } = this.#spoil(bytes, records, traffic, options);
			traffic.in += pass.length;
			if (options.byteByByte) for (const byte of pass) client.write(Buffer.of(byte));
			else client.write(pass);
			if (end) {
				client.end();
				server.destroy();
			}
		});
		client.on("end", () => server.end());
		server.on("end", () => client.end());
	}

	#spoil(bytes: Buffer, records: Records, traffic: Traffic, { cutAfter, mutate }: RelayOptions) {
		if (mutate !== undefined) return { pass: bytes, end: false };
		if (cutAfter === undefined) return records.take(bytes);
		const left = cutAfter - traffic.in;
		return { pass: bytes.subarray(0, left), end: bytes.length >= left };
	}

	#keep(socket: Socket): void {
		this.#sockets.add(socket);
		socket.on("error", () => socket.destroy());
		socket.on("close", () => this.#sockets.delete(socket));
	}

	stop(): void {
		for (const it of this.#sockets) it.destroy();
		this.#server.close();
	}
}

// A TCP proxy on the loopback that counts the bytes of each connection, each way.
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** Bytes of TCP payload; `out` is from the client. */
export interface Count {
	out: number;
	in: number;
}

export class CountingProxy {
	/** In the order of the connections. */
	readonly connections: Count[] = [];
	readonly #sockets = new Set<Socket>();
	#lastMoved = 0;

	private constructor(
		readonly port: number,
		private readonly server: Server,
	) {}

	/** Listen on a free port and hand every connection on to `target`. */
	static async start(target: number): Promise<CountingProxy> {
		const server = createServer({ noDelay: true });
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		const address = server.address();
		if (address === null || typeof address === "string") throw new Error("no free port");
		const proxy = new CountingProxy(address.port, server);
		server.on("connection", (client) =>
			proxy.#join(client, connect({ port: target, host: "127.0.0.1", noDelay: true })),
		);
		return proxy;
	}

	#join(client: Socket, server: Socket): void {
		const count = { out: 0, in: 0 };
		this.connections.push(count);
		for (const [from, to, way] of [
			[client, server, "out"],
			[server, client, "in"],
		] as const) {
			this.#sockets.add(from);
			from.on("data", (data) => {
				count[way] += data.length;
				this.#lastMoved = Date.now();
				to.write(data);
			});
			from.on("end", () => to.end());
			from.on("error", () => to.destroy());
			from.on("close", () => {
				this.#sockets.delete(from);
				to.destroy();
			});
		}
	}

	/** Wait until nothing has moved for `ms`. */
	async idle(ms = 150): Promise<void> {
		const left = () => this.#lastMoved + ms - Date.now();
		do await new Promise((resolve) => setTimeout(resolve, Math.max(left(), 20)));
		while (left() > 0);
	}

	async stop(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		this.server.close();
		await once(this.server, "close");
	}
}

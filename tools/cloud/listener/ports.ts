import { createServer, type Server, type Socket } from "node:net";
import { CloudError } from "../errors";

/**
 * Binds a TCP port on the loopback (IPv4 and, where the machine has it, IPv6), or with `lan` on every address. Port 0
 * gives a free one. Throws `listen`.
 */
export async function bind(
	port: number,
	lan: boolean,
	onConnection: (socket: Socket) => void,
): Promise<{ port: number; servers: Server[] }> {
	if (lan) {
		const server = await open(port, "::", onConnection).catch(() => open(port, "0.0.0.0", onConnection));
		return { port: portOf(server), servers: [server] };
	}
	for (let attempt = 0; ; attempt++) {
		const server = await open(port, "127.0.0.1", onConnection);
		const free = portOf(server);
		try {
			return { port: free, servers: [server, await open(free, "::1", onConnection)] };
		} catch (error) {
			const taken = error instanceof CloudError && error.detail === "EADDRINUSE";
			// Without IPv6 the loopback is IPv4 alone; a free port that is taken on ::1 is given back for another.
			if (!taken) return { port: free, servers: [server] };
			server.close();
			if (port !== 0 || attempt === 10) throw error;
		}
	}
}

function portOf(server: Server): number {
	const address = server.address();
	return typeof address === "object" && address !== null ? address.port : 0;
}

function open(port: number, host: string, onConnection: (socket: Socket) => void): Promise<Server> {
	return new Promise((resolve, reject) => {
		const server = createServer({ noDelay: true }, onConnection);
		server.once("error", (cause: NodeJS.ErrnoException) => {
			const why =
				cause.code === "EADDRINUSE"
					? "is taken"
					: cause.code === "EACCES"
						? "may not be bound by this user"
						: `cannot be bound (${cause.code})`;
			reject(
				new CloudError("listen", `port ${port} on ${host} ${why}`, {
					cause,
					...(cause.code && { detail: cause.code }),
				}),
			);
		});
		server.listen({ port, host, ipv6Only: host === "::1" }, () => {
			server.removeAllListeners("error");
			server.on("error", () => {});
			resolve(server);
		});
	});
}

import { createServer, type Socket } from "node:net";
import Aedes from "aedes";

export async function start() {
	const broker = new Aedes();
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
		broker.handle(socket);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	return {
		config: { port: typeof address === "object" && address ? address.port : 0 },
		stop: () => {
			for (const socket of sockets) socket.destroy();
			server.close();
			broker.close();
		},
	};
}

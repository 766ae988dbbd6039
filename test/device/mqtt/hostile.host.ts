// A server that accepts each connection and then says one wrong thing: the next packet of the list.
import { createServer, type Socket } from "node:net";
import { bad } from "../../unit/mqtt/packets";

const CONNACK = "20020000";

/** Wrong only because of when they come: what is sent instead of CONNACK. */
const early: readonly (readonly [string, string, string])[] = [
	["PUBLISH before CONNACK", "3003000161", "order"],
	["PUBACK before CONNACK", "40020001", "order"],
	["SUBACK before CONNACK", "9003fffe01", "order"],
	["UNSUBACK before CONNACK", "b002ffff", "order"],
	["PINGRESP before CONNACK", "d000", "order"],
	["CONNACK with an unknown code", "20020006", "return-code"],
	["HTTP", "485454502f312e312034303020426164", "flags"],
];

export async function start() {
	const steps = [
		...early,
		[`a second CONNACK`, CONNACK + CONNACK, "order"] as const,
		...bad.map(([name, packet, code]) => [name, CONNACK + packet, code] as const),
	];
	let next = 0;
	const sockets = new Set<Socket>();
	const server = createServer((socket) => {
		sockets.add(socket);
		socket.on("error", () => {});
		// Past the list it's a good one, as far as this test goes.
		const packet = Buffer.from((steps[next++]?.[1] ?? CONNACK).replaceAll(" ", ""), "hex");
		socket.once("data", () => socket.write(packet));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	return {
		config: {
			port: typeof address === "object" && address ? address.port : 0,
			steps: steps.map(([name, , code]) => [name, code]),
		},
		stop: () => {
			for (const socket of sockets) socket.destroy();
			server.close();
		},
	};
}

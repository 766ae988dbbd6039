// An MQTT server that does to a device what networks and bad servers do. mqtt-packet, which isn't ours, reads and writes.
import { createServer, type Server, type Socket } from "node:net";
import { generate, type Packet, parser } from "mqtt-packet";

/** One connection of a device. */
export interface Peer {
	readonly socket: Socket;
	/** How many connections there were before this one. */
	readonly number: number;
	/** Messages of this connection so far. */
	count: number;
	send(packet: Packet): void;
}

/** What a broker does otherwise than a good one; each is told of a packet and answers whether the good way follows. */
export interface Behaviour {
	onConnection?(peer: Peer): void;
	/** The device's packet has come. */
	onPacket?(peer: Peer, packet: Packet): boolean;
	/** How bytes are sent. */
	write?(peer: Peer, bytes: Uint8Array): void;
}

/** What the device asks for at the end, on topic "ask"; the answer comes on topic "answer". */
export interface Answer {
	/** Connections. */
	readonly connections: number;
	/** Payloads on topic "count" in the order in which they came for the first time. */
	readonly first: readonly string[];
	/** How often one came again, and how often that was without DUP. */
	readonly again: number;
	readonly againWithoutDup: number;
	/** Notes of the behaviour. */
	readonly notes: readonly string[];
}

export class FailingBroker {
	readonly notes: string[] = [];
	#behaviour: Behaviour;
	#first: string[] = [];
	#seen = new Set<string>();
	#again = 0;
	#againWithoutDup = 0;
	#connections = 0;
	#sockets = new Set<Socket>();
	#server: Server;
	#id = 100;

	private constructor(behaviour: Behaviour) {
		this.#behaviour = behaviour;
		this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(socket));
	}

	static async start(behaviour: Behaviour): Promise<FailingBroker> {
		const broker = new FailingBroker(behaviour);
		await broker.listen(0);
		return broker;
	}

	listen(port: number): Promise<void> {
		return new Promise((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
	}

	get port(): number {
		const address = this.#server.address();
		if (address === null || typeof address === "string") throw new Error("not listening");
		return address.port;
	}

	/** No connection stands, none is accepted. */
	vanish(): void {
		this.#server.close();
		for (const socket of this.#sockets) socket.destroy();
	}

	stop(): void {
		this.vanish();
	}

	#accept(socket: Socket): void {
		const behaviour = this.#behaviour;
		const write = (bytes: Uint8Array) => {
			if (behaviour.write) behaviour.write(peer, bytes);
			else if (socket.writable) socket.write(bytes);
		};
		const peer: Peer = {
			socket,
			number: this.#connections,
			count: 0,
			send: (packet) => write(generate(packet)),
		};
		this.#connections += 1;
		this.#sockets.add(socket);
		socket.on("close", () => this.#sockets.delete(socket));
		socket.on("error", () => {});
		socket.on("end", () => socket.end());
		behaviour.onConnection?.(peer);
		const reader = parser();
		reader.on("packet", (packet) => this.#take(peer, packet));
		reader.on("error", (error) => this.notes.push(`the device sent nonsense: ${error.message}`));
		socket.on("data", (data) => reader.parse(data));
	}

	#take(peer: Peer, packet: Packet): void {
		if (packet.cmd === "publish" && packet.topic === "count") {
			peer.count += 1;
			this.#count(String(packet.payload), packet.dup);
		}
		if (this.#behaviour.onPacket?.(peer, packet) === false) return;
		switch (packet.cmd) {
			case "connect":
				peer.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
				return;
			case "publish":
				if (packet.qos === 1) peer.send({ cmd: "puback", messageId: packet.messageId ?? 0 });
				if (packet.topic === "ask") this.#answer(peer);
				return;
			case "subscribe":
				peer.send({
					cmd: "suback",
					messageId: packet.messageId ?? 0,
					granted: packet.subscriptions.map(({ qos }) => qos),
				});
				return;
			case "unsubscribe":
				peer.send({ cmd: "unsuback", messageId: packet.messageId ?? 0, granted: [] });
				return;
			case "pingreq":
				peer.send({ cmd: "pingresp" });
				return;
			case "disconnect":
				peer.socket.end();
		}
	}

	#count(payload: string, dup: boolean): void {
		if (this.#seen.has(payload)) {
			this.#again += 1;
			if (!dup) this.#againWithoutDup += 1;
			return;
		}
		this.#seen.add(payload);
		this.#first.push(payload);
	}

	#answer(peer: Peer): void {
		const answer: Answer = {
			connections: this.#connections,
			first: this.#first,
			again: this.#again,
			againWithoutDup: this.#againWithoutDup,
			notes: this.notes,
		};
		peer.send({
			cmd: "publish",
			topic: "answer",
			payload: JSON.stringify(answer),
			qos: 1,
			dup: false,
			retain: false,
			messageId: this.#id++,
		});
	}
}

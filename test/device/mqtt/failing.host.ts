// Servers that fail a device in one way each: test/lib/failing-broker.ts with its behaviours.
import { type Behaviour, FailingBroker, type Peer } from "../../lib/failing-broker";

/** The device's n-th connection dies after its 7th message, and the last three of them had no PUBACK. */
const dies: Behaviour = {
	onPacket(peer, packet) {
		if (packet.cmd !== "publish" || packet.topic !== "count" || peer.number >= 5) return true;
		if (peer.count === 7) peer.socket.resetAndDestroy();
		return peer.count < 5;
	},
};

/** Says nothing any more after five messages, and doesn't close either. */
const stalls: Behaviour = {
	onPacket(peer) {
		if (peer.number >= 3 || peer.count < 5) return true;
		peer.socket.pause();
		return false;
	},
};

/** Closes its direction after five messages, and goes on listening. */
const halfCloses: Behaviour = {
	onPacket(peer) {
		if (peer.number >= 3 || peer.count < 5) return true;
		peer.socket.end();
		return false;
	},
};

/** Each byte is a segment of its own. */
const byteByByte: Behaviour = {
	write(peer, bytes) {
		const queue = queues.get(peer) ?? [];
		const idle = queue.length === 0;
		queue.push(...bytes);
		queues.set(peer, queue);
		if (idle) drip(peer, queue);
	},
};
const queues = new WeakMap<Peer, number[]>();

function drip(peer: Peer, queue: number[]): void {
	const byte = queue[0];
	if (byte === undefined || !peer.socket.writable) return;
	peer.socket.write(Uint8Array.of(byte), () =>
		setImmediate(() => {
			queue.shift();
			drip(peer, queue);
		}),
	);
}

/** One message of two million bytes, which counts up by one, QoS 1, once the device has subscribed. */
const huge: Behaviour = {
	onPacket(peer, packet) {
		if (packet.cmd !== "subscribe") return true;
		peer.send({ cmd: "suback", messageId: packet.messageId ?? 0, granted: [1] });
		const payload = Buffer.alloc(2_000_000);
		for (let i = 0; i < payload.length; i += 1) payload[i] = i & 255;
		peer.send({ cmd: "publish", topic: "huge", payload, qos: 1, dup: false, retain: false, messageId: 77 });
		return false;
	},
};

/** The network is gone for `ms` after the tenth message, once. */
function vanishes(ms: number): Behaviour & { broker?: FailingBroker } {
	const behaviour: Behaviour & { broker?: FailingBroker } = {
		onPacket(peer) {
			if (peer.number > 0 || peer.count !== 10) return true;
			const { broker } = behaviour;
			if (!broker) return true;
			const { port } = broker;
			broker.vanish();
			setTimeout(() => broker.listen(port), ms);
			return false;
		},
	};
	return behaviour;
}

/** Nobody reads for a second: what the device writes fills every buffer on the way. */
const narrow: Behaviour = {
	onPacket(peer, packet) {
		if (packet.cmd !== "connect") return true;
		setTimeout(() => peer.socket.resume(), 1000);
		peer.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
		peer.socket.pause();
		return false;
	},
};

/** Takes note of how CONNECT came. */
const first: Behaviour = {
	onConnection(peer) {
		peer.socket.once("data", (data) => brokers["first"]?.notes.push(`first ${data.length}`));
	},
};

/** Messages that the SDK's client fails at: SDK.md. */
const sdk: Behaviour = {
	onPacket(peer, packet) {
		if (packet.cmd === "puback") brokers["sdk"]?.notes.push(`puback ${packet.messageId}`);
		if (packet.cmd === "publish" && packet.topic === "handled") {
			brokers["sdk"]?.notes.push(`handled ${packet.payload}`);
		}
		if (packet.cmd !== "subscribe") return true;
		peer.send({ cmd: "suback", messageId: packet.messageId ?? 0, granted: [1] });
		const messages: readonly (readonly [string, string])[] = [
			["empty", ""],
			["good", "one"],
			["throws", "two"],
			["empty", ""],
			["good", "three"],
		];
		messages.forEach(([topic, payload], index) => {
			peer.send({ cmd: "publish", topic, payload, qos: 1, dup: false, retain: false, messageId: index + 1 });
		});
		return false;
	},
};

const refuses = (returnCode: number): Behaviour => ({
	onPacket(peer, packet) {
		if (packet.cmd === "connect") peer.send({ cmd: "connack", returnCode, sessionPresent: false });
		return false;
	},
});

const behaviours: Readonly<Record<string, Behaviour>> = {
	dies,
	stalls,
	halfCloses,
	byteByByte,
	huge,
	narrow,
	first,
	sdk,
	refuses1: refuses(1),
	refuses2: refuses(2),
	refuses3: refuses(3),
	refuses4: refuses(4),
	refuses5: refuses(5),
};
const brokers: Record<string, FailingBroker> = {};

export async function start() {
	const all = !!process.env["LINKXS_ALL"];
	const ports: Record<string, number> = {};
	const vanishing = vanishes(all ? 60_000 : 2_000);
	for (const [name, behaviour] of Object.entries({ ...behaviours, vanishes: vanishing })) {
		const broker = await FailingBroker.start(behaviour);
		brokers[name] = broker;
		ports[name] = broker.port;
	}
	vanishing.broker = brokers["vanishes"] as FailingBroker;
	return {
		config: { ports, all },
		stop: () => {
			for (const broker of Object.values(brokers)) broker.stop();
		},
	};
}
